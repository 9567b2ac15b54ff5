// The loops of elementwise work.
//
//   elementwise(n, [=](int64_t i) { y[i] = x[i] * x[i]; });
//   rowwise(rows, width, [=](int64_t row, int64_t i) { y[row * stride + i] = x[row * width + i]; });
//
// Both run in parallel and as vector code. Elements are independent, so the bits do not depend on the number of
// threads.
#pragma once

#include "threads.h"

namespace scangrad::SCANGRAD_PRECISION {

template <class Body>
void elementwise(int64_t n, Body body) {
  in_parts(n, n, [body](int64_t begin, int64_t end) {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) body(i);
  });
}

// For arrays with a leading dimension: the columns of one array that lie inside wider rows of another. Threads divide
// the longer axis.
template <class Body>
void rowwise(int64_t rows, int64_t width, Body body) {
  const bool by_rows = rows >= width;
  in_parts(by_rows ? rows : width, rows * width, [=](int64_t begin, int64_t end) {
    const int64_t first_row = by_rows ? begin : 0, last_row = by_rows ? end : rows;
    const int64_t first = by_rows ? 0 : begin, last = by_rows ? width : end;
    for (int64_t row = first_row; row < last_row; ++row) {
#pragma omp simd
      for (int64_t i = first; i < last; ++i) body(row, i);
    }
  });
}

}  // namespace scangrad::SCANGRAD_PRECISION
