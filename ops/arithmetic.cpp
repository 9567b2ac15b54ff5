#include "arithmetic.h"

#include <algorithm>

#include "../core/autograd.h"
#include "../core/check.h"
#include "../core/kernels/sums.h"
#include "../core/loops.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// How often b, which has `width` elements, lies side by side in a.
struct Rows {
  int64_t count, width;
};

Rows rows_of(const char* op, const Tensor& a, const Tensor& b) {
  check(a.defined() && b.defined(), "{}: {} is undefined, but a tensor is needed", op, a.defined() ? "b" : "a");
  const int leading = a.shape().rank() - b.shape().rank();
  check(leading >= 0 && std::equal(b.shape().begin(), b.shape().end(), a.shape().begin() + leading),
        "{}: b has shape {}, but {} or its last axes are needed", op, b.shape(), a.shape());
  return {Shape(a.shape().begin(), leading).numel(), b.numel()};
}

// body(i, b[i % width]) for every element i of a. A narrow b is first repeated, so that a loop over it fills vectors.
template <class Body>
void for_rows(const Tensor& b, Rows rows, Body body) {
  constexpr int64_t kNarrow = 256;
  const int64_t n = rows.count * rows.width;
  if (n == 0) return;
  const int64_t copies = std::clamp<int64_t>(kNarrow / rows.width, 1, rows.count);
  const int64_t width = copies * rows.width;
  const Scratch<real> repeated(copies > 1 ? width : 0);
  for (int64_t i = 0; copies > 1 && i < width; ++i) repeated[i] = b.data()[i % rows.width];

  const real* const row = copies > 1 ? repeated.data() : b.data();
  const int64_t whole = n / width, rest = n % width;
  rowwise(whole, width, [=](int64_t r, int64_t i) { body(r * width + i, row[i]); });
  rowwise(1, rest, [=](int64_t, int64_t i) { body(whole * width + i, row[i]); });
}

// db[j] = sum over the rows of value(i).
template <class Value>
void sum_over_rows(Sink db, Rows rows, Value value) {
  if (rows.count == 1)
    accumulate(db, rows.width, value);
  else
    sum_axis(db, 1, rows.count, rows.width, value);
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) {
  const Rows rows = rows_of("add", a, b);
  Tensor result(a.shape());
  for_rows(b, rows, [y = result.mutable_data(), x = a.data()](int64_t i, real value) { y[i] = x[i] + value; });
  return record("add", result, {a, b}, [rows, shape = b.shape()](const Tensor& dy, Sinks& into) {
    into.give(0, dy);
    if (rows.count == 1)
      into.give(1, dy.reshape(shape));
    else
      sum_over_rows(into[1], rows, [dy = dy.data()](int64_t i) { return dy[i]; });
  });
}

Tensor subtract(const Tensor& a, const Tensor& b) {
  const Rows rows = rows_of("subtract", a, b);
  Tensor result(a.shape());
  for_rows(b, rows, [y = result.mutable_data(), x = a.data()](int64_t i, real value) { y[i] = x[i] - value; });
  return record("subtract", result, {a, b}, [rows](const Tensor& dy, Sinks& into) {
    into.give(0, dy);
    sum_over_rows(into[1], rows, [dy = dy.data()](int64_t i) { return -dy[i]; });
  });
}

Tensor multiply(const Tensor& a, const Tensor& b) {
  const Rows rows = rows_of("multiply", a, b);
  Tensor result(a.shape());
  for_rows(b, rows, [y = result.mutable_data(), x = a.data()](int64_t i, real value) { y[i] = x[i] * value; });
  const Saved factor_of_da(a.requires_grad() ? b : Tensor()), factor_of_db(b.requires_grad() ? a : Tensor());
  return record("multiply", result, {a, b}, [=](const Tensor& gradient, Sinks& into) {
    const real* const dy = gradient.data();
    storing(into[0], [&](auto store) {
      for_rows(factor_of_da.get(), rows, [=](int64_t i, real value) { store(i, dy[i] * value); });
    });
    if (into.wanted(1)) sum_over_rows(into[1], rows, [=, x = factor_of_db.data()](int64_t i) { return dy[i] * x[i]; });
  });
}

Tensor scale(const Tensor& x, real factor) {
  check(x.defined(), "scale: x is undefined, but a tensor is needed");
  Tensor result(x.shape());
  elementwise(x.numel(), [y = result.mutable_data(), x = x.data(), factor](int64_t i) { y[i] = factor * x[i]; });
  return record("scale", result, {x}, [factor](const Tensor& dy, Sinks& into) {
    accumulate(into[0], dy.numel(), [dy = dy.data(), factor](int64_t i) { return factor * dy[i]; });
  });
}

}  // namespace scangrad::SCANGRAD_PRECISION
