#include "reduce.h"

#include <vector>

#include "../core/autograd.h"
#include "../core/check.h"
#include "../core/kernels/sums.h"
#include "../core/loops.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// weight * sum of all x; the weight is applied in double, before anything is rounded.
Tensor weighted_sum(const char* op, const Tensor& x, double weight) {
  Tensor result{Shape{}};
  sum_axis(Sink{result.mutable_data()}, 1, x.numel(), 1,
           [=, x = x.data()](int64_t i) { return weight * static_cast<double>(x[i]); });
  return record(op, result, {x}, [n = x.numel(), weight](const Tensor& dy, Sinks& into) {
    const real dx = static_cast<real>(weight * static_cast<double>(dy.item()));
    accumulate(into[0], n, [=](int64_t) { return dx; });
  });
}

void sum_axis_backward(Sink dx, const real* dy, int64_t outer, int64_t length, int64_t inner) {
  storing(dx, [=](auto store) {
    if (inner == 1)
      rowwise(outer, length, [=](int64_t o, int64_t s) { store(o * length + s, dy[o]); });
    else
      rowwise(outer * length, inner,
              [=](int64_t row, int64_t j) { store(row * inner + j, dy[row / length * inner + j]); });
  });
}

}  // namespace

Tensor sum(const Tensor& x) {
  check(x.defined(), "sum: x is undefined, but a tensor is needed");
  return weighted_sum("sum", x, 1);
}

Tensor mean(const Tensor& x) {
  check(x.numel() > 0, "mean: x has shape {}, but at least one element is needed", x.shape());
  return weighted_sum("mean", x, 1 / static_cast<double>(x.numel()));
}

Tensor sum(const Tensor& x, int axis) {
  const int64_t outer = x.shape().before(axis), length = x.size(axis), inner = x.shape().after(axis);
  std::vector<int64_t> sizes(x.shape().begin(), x.shape().end());
  sizes.erase(axis < 0 ? sizes.end() + axis : sizes.begin() + axis);

  Tensor result(Shape(sizes.data(), static_cast<int>(sizes.size())));
  sum_axis(Sink{result.mutable_data()}, outer, length, inner, [x = x.data()](int64_t i) { return x[i]; });
  return record("sum", result, {x},
                [=](const Tensor& dy, Sinks& into) { sum_axis_backward(into[0], dy.data(), outer, length, inner); });
}

}  // namespace scangrad::SCANGRAD_PRECISION
