// What an op keeps for backward.
//
//   return record("square", y, {x}, [x = Saved(x)](const Tensor& dy, Sinks& into) { ... x.data() ... });
//
// Reading a saved tensor after somebody overwrote it is an error.
//
// A tensor that is large and quickly made again need not be kept. rematerialized(f, inputs) is f(inputs), but what ops
// save of it is f and the inputs. The first op that reads it in backward has it made, and all that saved it share it
// until the last of them is gone. Where the numbers are still there, because somebody else holds them, they are taken.
//
//   Tensor y = rematerialized([](const std::vector<Tensor>& in) { return gelu(in[0]); }, {x});
//
// f must give the same bits each time. The inputs are kept, so they should be tensors that are kept anyway; what f
// records the first time is differentiated as ever. A view of y (reshape) counts as y, y.detach() as a tensor of its
// own. Ops that share such a tensor run their backward on one thread. Outside recording this is f(inputs).
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
  void release() const;  // lets go of the numbers before the op's backward is over; they cannot be read any more

 private:
  void fetch() const;

  Shape shape_;
  bool defined_;
  std::shared_ptr<Rematerialized> made_;  // null where the numbers are kept
  mutable bool released_ = false;
  mutable Tensor tensor_;  // the numbers; with made_, once somebody asked for them
  mutable uint64_t version_;
};

using Remake = std::function<Tensor(const std::vector<Tensor>& inputs)>;
SCANGRAD_API Tensor rematerialized(const Remake& f, const std::vector<Tensor>& inputs);

}  // namespace scangrad::SCANGRAD_PRECISION
