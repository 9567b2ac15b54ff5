// Matrix product. With AVX-512, products of floats with more than kFewRows rows are computed in tiles
// (tiled_product.h); others by BLIS, of which this is the only caller.
//
//   gemm(c, ldc, a, b, add)      C = A B        (add: C = C + A B)      A (m, k), B (k, n), C (m, n) row-major
//
// A and B are any views, also transposed ones. Everything that affects rounding (kernel, orientation, division) depends
// on the shapes alone, so any number of threads gives the same bits. With more than kFewRows rows and an inner size
// below kLongInner, the bits of a row do not depend on the number of other rows. Inside a parallel region it runs on
// the calling thread.
//
// Errors: the system has no memory for BLIS to work in.
#pragma once

#include <string>

#include "long_inner.h"
#include "matrix.h"

namespace scangrad::SCANGRAD_PRECISION {

// Products with at most this many rows do not pack B, which is 2 to 8 times faster and gives other bits. One or two
// rows times contiguous columns are dot products (row_dots.h).
inline constexpr int64_t kFewRows = 8;

SCANGRAD_API void gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add);

// The same for products of some hundred thousand multiplications inside a kernel. It runs on the calling thread
// and does not pack, which is nearly twice as fast at this size. Fastest with contiguous rows of B, and A row-major or
// transposed. The bits of a row may depend on the number of other rows. Its FLOPs are counted, but not as a product
// (profile.h).
SCANGRAD_API void small_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add);

// The plain triple loop: the reference of the tests, and the product where there is neither BLIS nor AVX-512.
SCANGRAD_API void plain_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add);

// Checks in advance that every thread will find the memory that BLIS needs. gemm() calls it, except inside a parallel
// region, from which no error may be thrown: call it before a parallel region that uses gemm().
SCANGRAD_API void find_room_for_gemm();

// "BLIS 0.9.0 (zen3)", "AVX-512; few rows: BLIS 0.9.0 (zen4)", or "plain loops".
SCANGRAD_API std::string gemm_description();

}  // namespace scangrad::SCANGRAD_PRECISION
