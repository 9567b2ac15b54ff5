// What an op keeps for backward.
//
//   return record("square", y, {x}, [x = Saved(x)](const Tensor& dy, Sinks& into) { ... x.data() ... });
//
// Reading a saved tensor after somebody overwrote it is an error.
//
// A tensor that is large and quickly made again need not be kept: rematerialize(y, make) returns y, and from then on
// what ops save of it is `make`, not the numbers. The first that reads it in backward has it made, and all that saved
// it share the result until the last of them is gone.
//
//   Tensor y = rematerialize(gelu(x), [x = Saved(x)] { return gelu(x.get()); });
//
// `make` must give the same bits as before, and may hold only what is kept anyway. Where the numbers are still there,
// because somebody else holds y, they are taken. Outside recording, rematerialize does nothing.
// Source of the idea: Chen et al., "Training Deep Nets with Sublinear Memory Cost", arXiv 1604.06174.
#pragma once

#include <functional>

#include "tensor.h"

namespace scangrad::inline SCANGRAD_PRECISION {

class SCANGRAD_API Saved {
 public:
  explicit Saved(const Tensor& tensor);
  const Tensor& get() const;
  const real* data() const { return get().data(); }
  const Shape& shape() const { return shape_; }
  bool defined() const { return defined_; }
  void release() const;  // not read any more: lets go of the numbers before the op's backward is over

 private:
  Shape shape_;
  bool defined_;
  uint64_t version_;
  std::shared_ptr<Rematerialized> made_;  // null where the numbers are kept
  mutable Tensor tensor_;                 // the numbers; with made_, once somebody asked for them
};

SCANGRAD_API Tensor rematerialize(Tensor y, std::function<Tensor()> make);

}  // namespace scangrad::inline SCANGRAD_PRECISION
