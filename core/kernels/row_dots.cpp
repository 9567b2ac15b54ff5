#include "row_dots.h"

#include <cstring>

#include "../threads.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kLanes = 64 / sizeof(real);
using Lanes = real __attribute__((vector_size(64)));
using Half = real __attribute__((vector_size(32)));
using Quarter = real __attribute__((vector_size(16)));
using Pair = real __attribute__((vector_size(2 * sizeof(real))));
constexpr int64_t kSums = 4;  // independent sums of a dot product

Lanes load(const real* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

// The lower half plus the upper half. It must stay in registers: through memory it takes as long as the products.
template <class To, class From>
To folded(const From& lanes) {
  To low, high;
  std::memcpy(&low, &lanes, sizeof low);
  std::memcpy(&high, reinterpret_cast<const char*>(&lanes) + sizeof low, sizeof high);
  return low + high;
}

template <class Last>
real total(const Last& lanes) {
  if constexpr (sizeof lanes > sizeof(Pair))
    return total(folded<Pair>(lanes));
  else
    return lanes[0] + lanes[1];
}

// <x, y>. Lane l of sum s adds the elements l + s * kLanes + n * kSums * kLanes for n = 0, 1, ... Then the sums are
// added in pairs, then their lanes, and at last the elements that are left.
real dot(const real* x, const real* y, int64_t k) {
  Lanes sums[kSums] = {};
  constexpr int64_t kStep = kSums * kLanes;
  const int64_t whole = k / kStep * kStep;
  for (int64_t p = 0; p < whole; p += kStep)
    for (int64_t s = 0; s < kSums; ++s) sums[s] += load(x + p + s * kLanes) * load(y + p + s * kLanes);
  const Lanes all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  real sum = total(folded<Quarter>(folded<Half>(all)));
  for (int64_t p = whole; p < k; ++p) sum += x[p] * y[p];
  return sum;
}

}  // namespace

void row_dots(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add) {
  in_parts(b.rows, a.rows * b.rows * a.cols / 2, [=](int64_t begin, int64_t end) {
    for (int64_t j = begin; j < end; ++j) {
      for (int64_t i = 0; i < a.rows; ++i) {
        const real sum = dot(a.data + i * a.row_stride, b.data + j * b.row_stride, a.cols);
        c[i * ldc + j] = add ? c[i * ldc + j] + sum : sum;
      }
    }
  });
}

}  // namespace scangrad::SCANGRAD_PRECISION
