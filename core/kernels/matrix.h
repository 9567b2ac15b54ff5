// A read-only view of a matrix: pointer, sizes and strides. Products take their operands as views, so that a transposed
// matrix or a part of one needs no copy.
#pragma once

#include <cstdint>

#include "../real.h"

namespace scangrad::SCANGRAD_PRECISION {

struct Matrix {
  const real* data = nullptr;
  int64_t rows = 0, cols = 0;
  int64_t row_stride = 0, col_stride = 1;  // in elements
};

// Row-major, `stride` elements from one row to the next.
inline Matrix matrix(const real* data, int64_t rows, int64_t cols, int64_t stride) {
  return {data, rows, cols, stride, 1};
}
inline Matrix matrix(const real* data, int64_t rows, int64_t cols) {
  return matrix(data, rows, cols, cols);
}

inline Matrix transposed(Matrix m) {
  return {m.data, m.cols, m.rows, m.col_stride, m.row_stride};
}

inline real at(const Matrix& m, int64_t row, int64_t column) {
  return m.data[row * m.row_stride + column * m.col_stride];
}

// `rows` rows from `row` on, and `columns` columns from `column` on.
inline Matrix part(const Matrix& m, int64_t row, int64_t rows, int64_t column, int64_t columns) {
  return {m.data + row * m.row_stride + column * m.col_stride, rows, columns, m.row_stride, m.col_stride};
}

}  // namespace scangrad::SCANGRAD_PRECISION
