// The loops that elementwise work is made of.
//
//   elementwise(n, [=](int64_t i) { y[i] = x[i] * x[i]; });
//   rowwise(rows, width, [=](int64_t row, int64_t i) { y[row * stride + i] = x[row * width + i]; });
//   accumulate(into[0], n, [=](int64_t i) { return 2 * x[i] * dy[i]; });
//   put(dx, i, value)                                              // one element, inside a kernel of its own
//   storing(dx, [=](auto store) { ... store(i, value) ... });      // put, for the loops in braces
//
// The first three run in parallel and as vector code. Elements are independent, so bits do not depend on the number of
// threads.
#pragma once

#include "autograd.h"
#include "threads.h"

namespace scangrad::SCANGRAD_PRECISION {

template <class Body>
void elementwise(int64_t n, Body body) {
  in_parts(n, n, [body](int64_t begin, int64_t end) {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) body(i);
  });
}

// For what has a leading dimension: the columns of one array that lie inside wider rows of another. The longer axis is
// what threads share out.
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

// Stores a value in a sink's element i, or adds it, or does nothing where nobody wants the gradient.
inline void put(const Sink& sink, int64_t i, real value) {
  if (sink) sink.data[i] = sink.add ? sink.data[i] + value : value;
}

// Calls f(store), where store(i, value) does the same as put: what to do is decided once, outside of f's loops, which
// then become vector code.
template <class F>
void storing(const Sink& sink, F f) {
  real* const d = sink.data;
  if (!sink) return;
  if (sink.add)
    f([d](int64_t i, real value) { d[i] += value; });
  else
    f([d](int64_t i, real value) { d[i] = value; });
}

// Stores value(i) in the sink's element i, or adds it, or does nothing where nobody wants the gradient.
template <class Value>
void accumulate(const Sink& sink, int64_t n, Value value) {
  storing(sink, [=](auto store) { elementwise(n, [=](int64_t i) { store(i, value(i)); }); });
}

}  // namespace scangrad::SCANGRAD_PRECISION
