// Where every parameter of a network comes from.
//
//   Params params(/*seed=*/1337);
//   Linear to_out(params / "mlp" / "to_out", 64, 256);   // asks for "mlp.to_out.weight" and "mlp.to_out.bias"
//   AdamW adam(params, {.lr = 1e-3});
//
// A layer asks its Params for named tensors and keeps them; initialisation, counting, checkpoints and the optimizer go
// through the one list here. A Params is a handle: copying is cheap, and params / "name" is a handle on the same list
// that puts "name." before the names it is asked for. list(), tensors(), count(), the arenas and zero_grad() are about
// the whole list, whatever the prefix; find() takes the prefix as tensor() does.
//
// All values lie in one contiguous arena and all gradients in another, at the same offsets, so that clipping, an
// optimizer step and an all-reduce are one loop each. Parameters stand in the order of their creation, each at a
// 64-byte boundary; the gaps hold zeros. The arenas are laid out on demand and again after parameters were added, which
// keeps the old offsets. Memory: values and gradients.
//
// A buffer is a tensor that belongs to the network but is not trained, such as a running mean: it is in no arena, and
// saved() lists it after the parameters.
//
// Limits protect a program that builds a network with sizes from a file: ParamLimits.
//
// The random numbers of the i-th parameter are stream i under the seed: they depend on no other parameter's size, and
// are the same in the float and the double build up to rounding.
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

// What a parameter is for; a weight-decay policy goes by it.
enum class Role {
  kWeight,
  kBias,
  kNorm,   // scale or shift of a normalisation
  kGate,   // fused projection to gates and candidate of minGRU or minLSTM, weight and bias
  kState,  // learned first hidden state
  kEmbedding,
};

struct ParamOptions {
  Role role = Role::kWeight;
  bool decay = true;  // false: no policy decays it
  real lr_scale = 1;  // its learning rate is this times the optimizer's
};

struct Param {
  std::string name;
  Tensor tensor;  // a leaf
  Role role = Role::kWeight;
  bool decay = true;
  real lr_scale = 1;
  int64_t offset = 0;  // of its first number in the arenas
};

// How much may be asked for, buffers included.
struct ParamLimits {
  int64_t tensors = std::numeric_limits<int64_t>::max();
  int64_t numbers = std::numeric_limits<int64_t>::max();  // in all
  std::string source = {};                                // what sets them, for messages
};

class SCANGRAD_API Params {
 public:
  explicit Params(uint64_t seed, const ParamLimits& most = {});

  // Errors, here and below: an empty name, or one with a dot in it.
  Params operator/(const std::string& name) const;
  Params operator/(int64_t index) const { return *this / std::to_string(index); }

  // A new parameter, a leaf tensor. Errors: a name that is taken, a shape without elements; more
  // tensors or numbers than may be.
  Tensor tensor(const std::string& name, const Shape& shape, const Init& init, const ParamOptions& options = {}) const;

  // A parameter that several layers share: new at the first call for this name, the same one at later calls. Errors:
  // those of tensor(); another shape than at the first call.
  Tensor shared(const std::string& name, const Shape& shape, const Init& init, const ParamOptions& options = {}) const;

  // A new buffer, filled with a number. Errors: those of tensor().
  Tensor buffer(const std::string& name, const Shape& shape, real value) const;

  const std::vector<Param>& list() const;
  // Errors: an unknown name; the message gives the nearest known one.
  const Param& find(const std::string& name) const;
  int64_t count() const;  // numbers in all, without the gaps
  std::vector<Tensor> tensors() const;
  // What a file of weights holds: the parameters, then the buffers.
  std::vector<std::pair<std::string, Tensor>> saved() const;

  // The arenas, of shape (N), gaps included. The gradient of a parameter that backward did not reach counts as zero.
  Tensor values() const;
  Tensor gradients() const;
  // To write values: counts a new version of every parameter.
  real* mutable_values() const;
  void zero_grad() const;

  // What a call uses that only one thread at a time may make: backward() to a parameter does, others may by a Use.
  std::shared_ptr<InUse> in_use() const;

 private:
  struct Shared;
  std::string claim(const std::string& name, const Shape& shape) const;
  void lay_out() const;

  std::shared_ptr<Shared> shared_;
  std::string prefix_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
