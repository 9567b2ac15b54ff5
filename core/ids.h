// A dense row-major array of 32-bit integers: token ids, class labels, masks. Not differentiable, hence not a Tensor.
// Copying copies the handle.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "memory.h"
#include "shape.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API Ids {
 public:
  Ids() = default;                                              // undefined
  explicit Ids(const Shape& shape);                             // uninitialised
  Ids(const Shape& shape, const std::vector<int32_t>& values);  // row-major
  // Uses memory of the caller without a copy; for `keeper` see tensor.h.
  static Ids over(int32_t* data, const Shape& shape, std::shared_ptr<const void> keeper);

  bool defined() const { return defined_; }
  const Shape& shape() const { return shape_; }
  int64_t size(int axis) const { return shape_[axis]; }
  int64_t numel() const { return defined() ? shape_.numel() : 0; }
  const int32_t* data() const { return data_.get(); }
  int32_t* data() { return data_.get(); }
  std::shared_ptr<const void> keeper() const { return data_; }  // keeps data() valid
  Ids clone() const;                                            // a copy of the numbers
  int32_t operator[](int64_t i) const { return data()[i]; }
  // The index of element i for messages, such as "[1, 4]".
  std::string place(int64_t i) const;

 private:
  bool defined_ = false;
  Shape shape_;
  std::shared_ptr<int32_t> data_;  // keeps the memory
};

}  // namespace scangrad::SCANGRAD_PRECISION
