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
  Ids() = default;                                              // undefined: "none given"
  explicit Ids(const Shape& shape);                             // uninitialised
  Ids(const Shape& shape, const std::vector<int32_t>& values);  // row-major
  // Over memory that somebody else owns, without a copy; keeper as in tensor.h.
  static Ids over(int32_t* data, const Shape& shape, std::shared_ptr<const void> keeper);

  bool defined() const { return defined_; }
  const Shape& shape() const { return shape_; }
  int64_t size(int axis) const { return shape_[axis]; }
  int64_t numel() const { return defined() ? shape_.numel() : 0; }
  const int32_t* data() const { return data_.get(); }
  int32_t* data() { return data_.get(); }
  std::shared_ptr<const void> keeper() const { return data_; }  // keeps data() good
  Ids clone() const;  // a copy of the numbers, for who needs them as they are now
  int32_t operator[](int64_t i) const { return data()[i]; }
  // "[1, 4]": where element i lies, for messages.
  std::string place(int64_t i) const;

 private:
  bool defined_ = false;
  Shape shape_;
  std::shared_ptr<int32_t> data_;  // owns what keeps the memory
};

}  // namespace scangrad::SCANGRAD_PRECISION
