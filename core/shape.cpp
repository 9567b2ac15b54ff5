#include "shape.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "check.h"

namespace scangrad::SCANGRAD_PRECISION {

// The count of bytes has to fit into 64 bits too.
constexpr int64_t kMaxCount = int64_t(1) << 60;

Shape::Shape(const int64_t* sizes, int rank) : rank_(rank) {
  check(rank >= 0 && rank <= kMaxRank, "shape: rank is {}, but at most {} axes are supported", rank, int(kMaxRank));
  std::copy(sizes, sizes + rank, sizes_.begin());
  int64_t count = 1;
  for (const int64_t size : *this) {
    check(size >= 0, "shape: {} has a negative size, but sizes are at least 0", *this);
    check(size == 0 || count <= kMaxCount / size, "shape: {} has too many elements, but at most 2^60 are supported",
          *this);
    count *= size;
  }
}

int64_t Shape::numel() const {
  int64_t count = 1;
  for (const int64_t size : *this) count *= size;
  return count;
}

int Shape::index(int axis) const {
  const int i = axis < 0 ? axis + rank_ : axis;
  check(i >= 0 && i < rank_, "shape: axis is {}, but {} has {} axes", axis, *this, rank_);
  return i;
}

int64_t Shape::operator[](int axis) const {
  return sizes_[static_cast<size_t>(index(axis))];
}

int64_t Shape::before(int axis) const {
  return std::accumulate(begin(), begin() + index(axis), int64_t(1), std::multiplies<>());
}

int64_t Shape::after(int axis) const {
  return std::accumulate(begin() + index(axis) + 1, end(), int64_t(1), std::multiplies<>());
}

Shape Shape::with(int axis, int64_t size) const {
  std::array<int64_t, kMaxRank> sizes = sizes_;
  sizes[static_cast<size_t>(index(axis))] = size;
  return Shape(sizes.data(), rank_);
}

bool Shape::operator==(const Shape& other) const {
  return std::equal(begin(), end(), other.begin(), other.end());
}

std::string Shape::str() const {
  std::string text = "[";
  for (const int64_t size : *this) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

}  // namespace scangrad::SCANGRAD_PRECISION

fmt::appender fmt::formatter<scangrad::Shape>::format(const scangrad::Shape& shape,
                                                      fmt::format_context& context) const {
  const std::string text = shape.str();
  return std::copy(text.begin(), text.end(), context.out());
}
