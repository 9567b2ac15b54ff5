// Matrix product, the only caller of BLIS.
//
//   gemm(c, ldc, a, b, add)      C = A B        (add: C = C + A B)      A (m, k), B (k, n), C (m, n) row-major
//
// A and B are any views, transposed ones included. Everything that changes rounding (kernel, orientation, cuts) follows
// from the shape, so any number of threads gives the same bits; and for products with more than kFewRows rows and an
// inner size below kLongInner each row's bits do not depend on how many other rows there are. Inside a parallel region
// it runs on the calling thread alone.
//
// Errors: the system has no memory for BLIS to work in.
#pragma once

#include <string>

#include "matrix.h"

namespace scangrad::SCANGRAD_PRECISION {

// Products with at most so many rows take paths that do not pack B, 2 to 8 times faster there, with other bits; one or
// two rows times contiguous columns are dot products (row_dots.h).
inline constexpr int64_t kFewRows = 8;
// From this inner size on, products with a small result are cut along it.
inline constexpr int64_t kLongInner = 4096;

SCANGRAD_API void gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add);

// The same for tiles, products of some hundred thousand multiplications inside a kernel: on the calling thread, without
// packing, nearly twice as fast there. Fastest with rows of B side by side, and row-major or transposed A. A row's bits
// may depend on how many other rows there are. Counted in FLOPs, but not as a product (profile.h).
SCANGRAD_API void gemm_tile(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add);

// The plain triple loop: the oracle, and what is used where BLIS is not built in.
SCANGRAD_API void plain_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add);

// That every thread finds memory to work in, before it is needed. gemm() sees to it itself, but not inside a parallel
// region, which no error may leave: who calls it there calls this first.
SCANGRAD_API void find_room_for_gemm();

// "BLIS 0.9.0 (zen3)", or "plain loops".
SCANGRAD_API std::string gemm_description();

}  // namespace scangrad::SCANGRAD_PRECISION
