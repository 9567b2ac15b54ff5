// Creates and lists the parameters of a network.
//
//   Params params(/*seed=*/1337);
//   Linear to_out(params / "mlp" / "to_out", 64, 256);   // asks for "mlp.to_out.weight" and "mlp.to_out.bias"
//   AdamW adam(params, {.lr = 1e-3});
//
// A layer asks its Params for named tensors and keeps them. Initialization, counting, checkpoints and the optimizer all
// use this one list. A Params is a handle: a copy is cheap and refers to the same list. So does params / "name", which
// adds "name." before every name that it is asked for. tensor(), shared(), buffer() and find() use this prefix; the
// other functions ignore it and work on the whole list.
//
// All values lie in one contiguous array, the arena of values, and all gradients in another, at the same offsets. So
// clipping, an optimizer step and an all-reduce are one loop each. Parameters stand in the order of their creation,
// each at a 64-byte boundary; the gaps hold zeros. The arenas are allocated at their first use, and again after
// parameters were added; offsets do not change. Memory: two numbers for each parameter value.
//
// A buffer is a tensor that belongs to the network but is not trained, such as a running mean. It is in no arena, and
// saved() lists it after the parameters.
//
// ParamLimits protect a program that builds a network with sizes from a file.
//
// The i-th parameter draws its random numbers from stream i of the seed. So its values do not depend on the sizes of
// other parameters, and they are the same in the float and the double build except for rounding.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../core/random.h"
#include "../core/tensor.h"
#include "in_use.h"

namespace scangrad::SCANGRAD_PRECISION {

// Fills a new parameter.
using Init = std::function<void(Tensor& values, Rng& rng)>;
SCANGRAD_API Init uniform_init(real bound);  // uniform in [-bound, bound)
SCANGRAD_API Init normal_init(real stddev);  // normal with mean 0
SCANGRAD_API Init constant_init(real value);
// Uniform in +-1/sqrt(count), for sums of `count` inputs: PyTorch's default.
SCANGRAD_API Init fan_in_init(int64_t count);

// What a parameter is for. A weight-decay policy (nn/training/adamw.h) decides by it.
enum class Role {
  kWeight,
  kBias,
  kNorm,   // scale or shift of a normalization
  kGate,   // fused projection to gates and candidate of minGRU or minLSTM, weight and bias
  kState,  // learned initial state
  kEmbedding,
};

struct ParamOptions {
  Role role = Role::kWeight;
  bool decay = true;  // false: never decayed, whatever the policy
  real lr_scale = 1;  // multiplies the optimizer's learning rate
};

struct Param {
  std::string name;
  Tensor tensor;  // a leaf
  Role role = Role::kWeight;
  bool decay = true;
  real lr_scale = 1;
  int64_t offset = 0;  // where its first number lies in both arenas
};

// How much may be created, buffers included.
struct ParamLimits {
  int64_t tensors = std::numeric_limits<int64_t>::max();
  int64_t numbers = std::numeric_limits<int64_t>::max();  // in all
  std::string source = {};                                // who sets these limits, for error messages
};

class SCANGRAD_API Params {
 public:
  explicit Params(uint64_t seed, const ParamLimits& most = {});

  // Errors, here and below: an empty name, or one with a dot in it.
  Params operator/(const std::string& name) const;
  Params operator/(int64_t index) const { return *this / std::to_string(index); }

  // A new parameter, a leaf tensor. Errors: a name that exists already; a shape without elements; more tensors or
  // numbers than the limits allow.
  Tensor tensor(const std::string& name, const Shape& shape, const Init& init, const ParamOptions& options = {}) const;

  // A parameter that several layers share: the first call with this name creates it, later calls return it. Errors:
  // those of tensor(); another shape than at the first call.
  Tensor shared(const std::string& name, const Shape& shape, const Init& init, const ParamOptions& options = {}) const;

  // A new buffer, filled with a number. Errors: those of tensor().
  Tensor buffer(const std::string& name, const Shape& shape, real value) const;

  const std::vector<Param>& list() const;
  // Errors: an unknown name; the message contains the most similar known name.
  const Param& find(const std::string& name) const;
  int64_t count() const;  // how many numbers all parameters have together, without the gaps
  std::vector<Tensor> tensors() const;
  // What is saved to a file of weights: the parameters, then the buffers.
  std::vector<std::pair<std::string, Tensor>> saved() const;

  // The arenas, of shape (N), gaps included. A parameter that backward() did not reach has a gradient of zeros.
  Tensor values() const;
  Tensor gradients() const;
  // For writing values. Marks every parameter as changed, so that backward() finds out if a saved value was
  // overwritten.
  real* mutable_values() const;
  void zero_grad() const;

  // Makes sure that only one thread at a time uses these parameters: backward() does so, and any code that holds a Use
  // (nn/in_use.h).
  std::shared_ptr<InUse> in_use() const;

 private:
  struct Shared;
  std::string claim(const std::string& name, const Shape& shape) const;
  void lay_out() const;

  std::shared_ptr<Shared> shared_;
  std::string prefix_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
