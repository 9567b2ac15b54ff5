#include "ids.h"

#include <algorithm>
#include <array>

#include "check.h"

namespace scangrad::inline SCANGRAD_PRECISION {

Ids::Ids(const Shape& shape)
    : shape_(shape), buffer_(std::make_shared<Buffer>(static_cast<size_t>(shape.numel()) * sizeof(int32_t))) {}

Ids::Ids(const Shape& shape, const std::vector<int32_t>& values) : Ids(shape) {
  check(static_cast<int64_t>(values.size()) == shape.numel(), "ids: values has {} numbers, but shape {} needs {}",
        values.size(), shape, shape.numel());
  std::copy(values.begin(), values.end(), data());
}

Ids Ids::clone() const {
  if (!defined()) return {};
  Ids copy(shape_);
  std::copy_n(data(), numel(), copy.data());
  return copy;
}

std::string Ids::place(int64_t i) const {
  std::array<int64_t, Shape::kMaxRank> index{};
  for (int axis = 0; axis < shape_.rank(); ++axis)
    index[static_cast<size_t>(axis)] = i / shape_.after(axis) % shape_[axis];
  return Shape(index.data(), shape_.rank()).str();
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
