#include "ids.h"

#include <algorithm>
#include <array>

#include "check.h"

namespace scangrad::SCANGRAD_PRECISION {

Ids::Ids(const Shape& shape) : defined_(true), shape_(shape) {
  const auto buffer = std::make_shared<Buffer>(static_cast<size_t>(shape.numel()) * sizeof(int32_t));
  data_ = std::shared_ptr<int32_t>(buffer, static_cast<int32_t*>(buffer->data()));
}

Ids::Ids(const Shape& shape, const std::vector<int32_t>& values) : Ids(shape) {
  check(static_cast<int64_t>(values.size()) == shape.numel(), "ids: values has {} numbers, but shape {} needs {}",
        values.size(), shape, shape.numel());
  std::copy(values.begin(), values.end(), data());
}

Ids Ids::over(int32_t* data, const Shape& shape, std::shared_ptr<const void> keeper) {
  check(data != nullptr || shape.numel() == 0, "ids: memory is null, but shape {} has {} elements", shape,
        shape.numel());
  check(reinterpret_cast<uintptr_t>(data) % alignof(int32_t) == 0,
        "ids: memory is {} bytes after a multiple of 4, but a multiple is needed",
        reinterpret_cast<uintptr_t>(data) % alignof(int32_t));
  Ids result;
  result.defined_ = true;
  result.shape_ = shape;
  result.data_ = std::shared_ptr<int32_t>(keeper, data);
  return result;
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

}  // namespace scangrad::SCANGRAD_PRECISION
