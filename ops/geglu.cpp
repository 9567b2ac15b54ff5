#include "geglu.h"

#include "../core/autograd.h"
#include "../core/check.h"
#include "../core/kernels/sums.h"
#include "../core/loops.h"
#include "gelu.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

void geglu_forward(real* y, const real* x, const real* scale, int64_t N, int64_t M) {
  rowwise(N, M, [=](int64_t n, int64_t m) {
    const real* const row = x + 2 * n * M;
    y[n * M + m] = row[m] * gelu_value(row[M + m]) * scale[m];
  });
}

// Passes dx of row n to `store`, and adds to dscale (M).
template <class Store>
void backward_row(Store store, real* dscale, const real* dy, const real* x, const real* scale, int64_t n, int64_t M) {
  const real* const up = dy + n * M;
  const real* const value = x + 2 * n * M;
  const real* const gate = value + M;
#pragma omp simd
  for (int64_t m = 0; m < M; ++m) {
    const real passed = gelu_value(gate[m]), dv = up[m] * scale[m];
    store(2 * n * M + m, dv * passed);
    store(2 * n * M + M + m, dv * value[m] * gelu_slope(gate[m]));
    dscale[m] += up[m] * value[m] * passed;
  }
}

void geglu_backward(Sink dx, Sink dscale, const real* dy, const real* x, const real* scale, int64_t N, int64_t M) {
  const auto run = [=](auto store) {
    const Scratch<real> sums = row_sums(N, M, 4 * M, [=](real* sum, int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) backward_row(store, sum, dy, x, scale, n, M);
    });
    accumulate(dscale, M, [total = sums.data()](int64_t m) { return total[m]; });
  };
  if (dx)
    storing(dx, run);
  else
    run([](int64_t, real) {});
}

}  // namespace

Tensor geglu(const Tensor& x, const Tensor& scale) {
  check(x.shape().rank() >= 1 && x.size(-1) % 2 == 0, "geglu: x has shape {}, but (..., 2 M) is needed", x.shape());
  const int64_t M = x.size(-1) / 2, N = x.shape().before(-1);
  check(scale.shape() == Shape{M}, "geglu: scale has shape {}, but {} is needed", scale.shape(), Shape{M});

  Tensor y(x.shape().with(-1, M));
  geglu_forward(y.mutable_data(), x.data(), scale.data(), N, M);
  return record("geglu", y, {x, scale}, [x = Saved(x), scale = Saved(scale), N, M](const Tensor& dy, Sinks& into) {
    geglu_backward(into[0], into[1], dy.data(), x.data(), scale.data(), N, M);
  });
}

}  // namespace scangrad::SCANGRAD_PRECISION
