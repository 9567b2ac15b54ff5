// Matrix products of operands that are rounded to bf16 (bf16.h), with sums in float.
//
//   bf16_gemm(c, ldc, a, b, add)      C = A B    (add: C = C + A B)      A (m, k), B (k, n), C (m, n) row-major
//
// The fastest way that this processor has (description below): the instruction vdpbf16ps on pairs of bf16 numbers; or
// tiles of rounded floats; or, without AVX-512, rounded copies and gemm.h. All of them multiply exactly and add in
// float, each in an order of its own, which depends on the shapes alone. So processors differ in the last bits, but the
// number of threads changes none.
#pragma once

#include <string>

#include "matrix.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API void bf16_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add);

// "vdpbf16ps", or what is used instead.
SCANGRAD_API std::string bf16_description();

}  // namespace scangrad::SCANGRAD_PRECISION
