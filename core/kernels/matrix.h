// A read-only view of a matrix: pointer, number format, sizes and strides. Weights reach gemm and lookup through it, so
// that narrower storage can come later without touching an op.
#pragma once

#include <cstdint>

#include "../real.h"

namespace scangrad::SCANGRAD_PRECISION {

enum class Dtype { kFloat32, kFloat64 };
inline constexpr Dtype kRealDtype = kDouble ? Dtype::kFloat64 : Dtype::kFloat32;

struct Matrix {
  const void* data = nullptr;
  Dtype dtype = kRealDtype;
  int64_t rows = 0, cols = 0;
  int64_t row_stride = 0, col_stride = 1;  // in elements

  const real* reals() const { return static_cast<const real*>(data); }
};

// Row-major, `stride` elements from one row to the next.
inline Matrix matrix(const real* data, int64_t rows, int64_t cols, int64_t stride) {
  return {data, kRealDtype, rows, cols, stride, 1};
}
inline Matrix matrix(const real* data, int64_t rows, int64_t cols) {
  return matrix(data, rows, cols, cols);
}

inline Matrix transposed(Matrix m) {
  return {m.data, m.dtype, m.cols, m.rows, m.col_stride, m.row_stride};
}

}  // namespace scangrad::SCANGRAD_PRECISION
