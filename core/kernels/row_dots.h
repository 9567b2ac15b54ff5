// The product of a few rows with a weight matrix, as the generation of a token at a time needs it.
//
//   C = A B^T      (add: C = C + A B^T)      A (m, k), B (n, k), C (m, n), rows contiguous
//
// Every number of the result is the dot product of two contiguous rows. For one row of A, B is read once from its first
// number to its last, which is what memory does fastest. The order of summation follows from k alone: a row's bits
// depend neither on how many other rows there are nor on the number of threads.
#pragma once

#include <cstdint>

#include "../real.h"

namespace scangrad::SCANGRAD_PRECISION {

// lda, ldb, ldc: from one row to the next, in numbers.
SCANGRAD_API void row_dots(real* c, int64_t ldc, const real* a, int64_t lda, const real* b, int64_t ldb, int64_t m,
                           int64_t n, int64_t k, bool add);

}  // namespace scangrad::SCANGRAD_PRECISION
