// A product with a small result and a long inner size, such as the gradient of a small weight: the inner size is
// divided into pieces, whose products are computed in parallel and added in order.
#pragma once

#include <algorithm>

#include "../loops.h"
#include "../memory.h"
#include "../threads.h"
#include "matrix.h"

namespace scangrad::SCANGRAD_PRECISION {

// For inner sizes of at least this, a product with a small result is divided along the inner size.
inline constexpr int64_t kLongInner = 4096;
inline constexpr int64_t kInnerPiece = 2048;  // the inner size of a piece

// For threads_for().
inline int64_t long_inner_work(const Matrix& a, const Matrix& b) {
  return a.rows * b.cols * a.cols / 32;
}

inline bool is_long_inner(const Matrix& a, const Matrix& b) {
  constexpr int64_t kSmallResult = 256 * 1024;
  return a.cols >= kLongInner && a.rows * b.cols <= kSmallResult;
}

// multiply(to, a, b) gives the product of a piece in `to` (m, n), on the calling thread.
template <class Multiply>
void long_inner(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add, Multiply multiply) {
  const int64_t m = a.rows, n = b.cols, k = a.cols, pieces = (k + kInnerPiece - 1) / kInnerPiece;
  const Scratch<real> parts(pieces * m * n);
  each_task(pieces, threads_for(long_inner_work(a, b)), [&](int64_t p) {
    const int64_t begin = p * kInnerPiece, size = std::min(kInnerPiece, k - begin);
    multiply(parts.data() + p * m * n, part(a, 0, m, begin, size), part(b, begin, size, 0, n));
  });
  const real* const from = parts.data();
  elementwise(m * n, [=](int64_t i) {
    real* const to = c + i / n * ldc + i % n;
    real sum = add ? *to : real(0);
    for (int64_t p = 0; p < pieces; ++p) sum += from[p * m * n + i];
    *to = sum;
  });
}

}  // namespace scangrad::SCANGRAD_PRECISION
