// The product of a few rows with a weight matrix, as in generating one token at a time.
//
//   C = A B^T      (add: C = C + A B^T)      A (m, k), B (n, k), C (m, n)
//
// Every number of the result is the dot product of two contiguous rows. B is read once from start to end, the fastest
// way to read memory. B may be stored in bf16 (bf16.h), which is half of the memory. The order of additions depends on
// k alone, and on whether B is in bf16: the bits of a row depend neither on the number of other rows nor on the number
// of threads.
#pragma once

#include <cstdint>

#include "matrix.h"

namespace scangrad::SCANGRAD_PRECISION {

// Rows of B in bf16.
struct Bf16Rows {
  const uint16_t* data = nullptr;
  int64_t rows = 0, cols = 0, row_stride = 0;
};

// Needs a.col_stride = b.col_stride = 1. ldc: the distance between rows of C, in numbers.
SCANGRAD_API void row_dots(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add);
SCANGRAD_API void row_dots(real* c, int64_t ldc, const Matrix& a, const Bf16Rows& b, bool add);

}  // namespace scangrad::SCANGRAD_PRECISION
