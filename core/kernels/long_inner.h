// A product with a small result and a long inner size, such as the gradient of a small weight: the inner size is
// divided into pieces, whose products are computed in parallel and added in order.
#pragma once

#include <algorithm>

#include "../loops.h"
#include "../memory.h"
#include "../threads.h"
#include "gemm.h"

namespace scangrad::SCANGRAD_PRECISION {

inline bool is_long_inner(const Matrix& a, const Matrix& b) {
  constexpr int64_t kSmallResult = 256 * 1024;
  return a.cols >= kLongInner && a.rows * b.cols <= kSmallResult;
}

// multiply(to, a, b) gives the product of a piece in `to` (m, n), on the calling thread.
template <class Multiply>
void long_inner(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add, Multiply multiply) {
  constexpr int64_t kPiece = 2048;
  const int64_t m = a.rows, n = b.cols, k = a.cols, pieces = (k + kPiece - 1) / kPiece;
  const Scratch<real> parts(pieces * m * n);
  each_task(pieces, threads_for(m * n * k / 32), [&](int64_t p) {
    const int64_t begin = p * kPiece, size = std::min(kPiece, k - begin);
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
