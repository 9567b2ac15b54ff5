// The product of a few rows with a weight matrix, as in generating one token at a time.
//
//   C = A B^T      (add: C = C + A B^T)      A (m, k), B (n, k), C (m, n)
//
// Every number of the result is the dot product of two contiguous rows. For one row of A, B is read once from start to
// end, the fastest way to read memory. The order of additions depends on k alone: the bits of a row depend neither on
// the number of other rows nor on the number of threads.
#pragma once

#include <cstdint>

#include "matrix.h"

namespace scangrad::SCANGRAD_PRECISION {

// Needs a.col_stride = b.col_stride = 1. ldc: the distance between rows of C, in numbers.
SCANGRAD_API void row_dots(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add);

}  // namespace scangrad::SCANGRAD_PRECISION
