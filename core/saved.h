// What an op keeps for backward.
//
//   return record("square", y, {x}, [x = Saved(x)](const Tensor& dy, Sinks& into) { ... x.data() ... });
//
// Reading a saved tensor that was overwritten is an error.
//
// A tensor that is large and quick to compute need not be kept. rematerialized(f, inputs) returns f(inputs), but ops
// that save it keep only f and the inputs. The first op that reads it in backward computes it again; all ops that saved
// it share the result, which is freed with the last of them. If the original numbers are still in memory, because
// other code holds them, they are used.
//
//   Tensor y = rematerialized([](const std::vector<Tensor>& in) { return gelu(in[0]); }, {x});
//
// f must give the same bits each time. The inputs are kept, so they should be tensors that are kept anyway. The first
// call of f is recorded and differentiated as usual. A view of y (reshape) is y too; y.detach() is an ordinary tensor.
// Ops that share such a tensor must run their backward on one thread. While not recording, this is just f(inputs).
// Source of the idea: Chen et al., "Training Deep Nets with Sublinear Memory Cost", arXiv 1604.06174.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API Saved {
 public:
  explicit Saved(const Tensor& tensor);
  const Tensor& get() const;
  const real* data() const { return get().data(); }
  const Shape& shape() const { return shape_; }
  bool defined() const { return defined_; }
  void release() const;  // frees the numbers before the op's backward ends; reading them afterwards is an error

 private:
  void fetch() const;

  Shape shape_;
  bool defined_;
  std::shared_ptr<Rematerialized> made_;  // null if the numbers are kept
  mutable bool released_ = false;
  mutable Tensor tensor_;  // the numbers; with made_, after the first get()
  mutable uint64_t version_;
};

using Remake = std::function<Tensor(const std::vector<Tensor>& inputs)>;
SCANGRAD_API Tensor rematerialized(const Remake& f, const std::vector<Tensor>& inputs);

}  // namespace scangrad::SCANGRAD_PRECISION
