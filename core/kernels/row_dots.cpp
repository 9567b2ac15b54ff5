#include "row_dots.h"

#include <algorithm>
#include <cstring>

#include "../memory.h"
#include "../threads.h"
#include "bf16.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kLanes = 64 / sizeof(real);
using Lanes = real __attribute__((vector_size(64)));
using Half = real __attribute__((vector_size(32)));
using Quarter = real __attribute__((vector_size(16)));
using Pair = real __attribute__((vector_size(2 * sizeof(real))));
constexpr int64_t kSums = 4;  // independent sums of a dot product
constexpr int64_t kStep = kSums * kLanes;
constexpr int64_t kRowsAtOnce = 4;  // of A: a row of B is read from memory, or widened, once for all of them

// Vector s of a step of kStep numbers.
Lanes load(const real* from, int64_t s) {
  Lanes lanes;
  std::memcpy(&lanes, from + s * kLanes, sizeof lanes);
  return lanes;
}

// A word holds two bf16 numbers, and each is the upper half of a float: widening them in place is a shift for the even
// ones and a mask for the odd ones. So vectors 0 and 2 hold even numbers, 1 and 3 odd ones.
Lanes load(const uint16_t* from, int64_t s) {
  using Words = uint32_t __attribute__((vector_size(kLanes * sizeof(uint32_t))));
  using Floats = float __attribute__((vector_size(kLanes * sizeof(float))));
  Words words;
  std::memcpy(&words, from + s / 2 * 2 * kLanes, sizeof words);
  return __builtin_convertvector(s % 2 == 0 ? (Floats)(words << 16) : (Floats)(words & 0xffff0000), Lanes);
}

// The rows of A in the order of load().
void arrange(real* to, const Matrix& a, const real*) {
  for (int64_t r = 0; r < a.rows; ++r) std::copy_n(a.data + r * a.row_stride, a.cols, to + r * a.cols);
}
void arrange(real* to, const Matrix& a, const uint16_t*) {
  constexpr int64_t kWords = 2 * kLanes;
  arrange(to, a, static_cast<const real*>(nullptr));
  for (int64_t r = 0; r < a.rows; ++r) {
    const real* const from = a.data + r * a.row_stride;
    for (int64_t p = 0; p < a.cols / kStep * kStep; ++p)
      to[r * a.cols + p / kWords * kWords + p % 2 * kLanes + p % kWords / 2] = from[p];
  }
}

real number(real x) {
  return x;
}
real number(uint16_t x) {
  return from_bf16(x);
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

// out[r] = <x[r], y> for rows of A in the order of load(). Sum s adds the products of vector s of each step; then the
// sums are added in pairs, then their lanes, and at last the elements that are left.
template <int64_t rows, class Number>
void dots(real (&out)[kRowsAtOnce], const real* x, const Number* y, int64_t k) {
  Lanes sums[rows][kSums] = {};
  const int64_t whole = k / kStep * kStep;
  for (int64_t p = 0; p < whole; p += kStep) {
#pragma GCC unroll 4
    for (int64_t s = 0; s < kSums; ++s) {
      const Lanes weights = load(y + p, s);
      for (int64_t r = 0; r < rows; ++r) sums[r][s] += load(x + r * k + p, s) * weights;
    }
  }
  for (int64_t r = 0; r < rows; ++r) {
    const Lanes all = (sums[r][0] + sums[r][1]) + (sums[r][2] + sums[r][3]);
    out[r] = total(folded<Quarter>(folded<Half>(all)));
    for (int64_t p = whole; p < k; ++p) out[r] += x[r * k + p] * number(y[p]);
  }
}

template <class Number>
void put_row_dots(real* c, int64_t ldc, const Matrix& a, const Number* b, int64_t n, int64_t stride, bool add) {
  using Dots = void (*)(real(&)[kRowsAtOnce], const real*, const Number*, int64_t);
  static constexpr Dots kByRows[] = {dots<1, Number>, dots<2, Number>, dots<3, Number>, dots<4, Number>};
  const Scratch<real> arranged(a.rows * a.cols);
  arrange(arranged.data(), a, b);
  in_parts(n, a.rows * n * a.cols / 2, [=, x = arranged.data()](int64_t begin, int64_t end) {
    real sums[kRowsAtOnce];
    for (int64_t j = begin; j < end; ++j) {
      for (int64_t i = 0; i < a.rows; i += kRowsAtOnce) {
        const int64_t rows = std::min(kRowsAtOnce, a.rows - i);
        kByRows[rows - 1](sums, x + i * a.cols, b + j * stride, a.cols);
        for (int64_t r = 0; r < rows; ++r) {
          real& to = c[(i + r) * ldc + j];
          to = add ? to + sums[r] : sums[r];
        }
      }
    }
  });
}

}  // namespace

void row_dots(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add) {
  put_row_dots(c, ldc, a, b.data, b.rows, b.row_stride, add);
}
void row_dots(real* c, int64_t ldc, const Matrix& a, const Bf16Rows& b, bool add) {
  put_row_dots(c, ldc, a, b.data, b.rows, b.row_stride, add);
}

}  // namespace scangrad::SCANGRAD_PRECISION
