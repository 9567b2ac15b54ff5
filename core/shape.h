// Sizes of a dense row-major array, outermost first.
//
// Up to kMaxRank sizes are stored in the object itself, without an allocation. A shape without sizes is a scalar, with
// one element. Errors: a negative size, more than 2^60 elements.
#pragma once

#include <array>
#include <initializer_list>
#include <string>

#include "real.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API Shape {
 public:
  static constexpr int kMaxRank = 6;

  Shape() = default;
  Shape(std::initializer_list<int64_t> sizes) : Shape(sizes.begin(), static_cast<int>(sizes.size())) {}
  Shape(const int64_t* sizes, int rank);

  int rank() const { return rank_; }
  // Number of elements: the product of the sizes, 1 for a scalar.
  int64_t numel() const;
  // Size of an axis; a negative axis counts from the end, as in shape[-1] for the channels.
  int64_t operator[](int axis) const;
  // The product of the sizes before, or after, an axis: the array seen from this axis is (before, size, after).
  int64_t before(int axis) const;
  int64_t after(int axis) const;
  // The same shape with another size at one axis.
  Shape with(int axis, int64_t size) const;

  const int64_t* begin() const { return sizes_.data(); }
  const int64_t* end() const { return sizes_.data() + rank_; }
  bool operator==(const Shape& other) const;
  // "[2, 5, 3]"
  std::string str() const;

 private:
  int index(int axis) const;

  std::array<int64_t, kMaxRank> sizes_{};
  int rank_ = 0;
};

}  // namespace scangrad::SCANGRAD_PRECISION
