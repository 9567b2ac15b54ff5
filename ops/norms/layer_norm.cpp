#include "layer_norm.h"

#include <cmath>
#include <memory>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/kernels/sums.h"
#include "../../core/sink.h"
#include "inverse_rms.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// What both passes read.
struct Given {
  const real *x, *weight;
  int64_t N, D;
};

// What is kept of a row for backward. The normalized numbers are u[d] = (x[d] - mean) * scale.
struct RowStats {
  real mean, scale;
};

// The mean of numbers whose sum overflows.
[[gnu::noinline]] real mean_of_huge(const real* x, int64_t D) {
  const auto share = 1 / static_cast<real>(D);
  real sum = 0;
  for (int64_t d = 0; d < D; ++d) sum += x[d] * share;
  return sum;
}

// Summed up from the first number on, so that equal numbers have exactly their mean.
real mean_of_row(const real* x, int64_t D) {
  const real first = D > 0 ? x[0] : 0;
  real sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t d = 0; d < D; ++d) sum += x[d] - first;
  const real mean = first + sum / static_cast<real>(D);
  return std::isfinite(mean) ? mean : mean_of_huge(x, D);
}

void layer_norm_forward(real* y, RowStats* stats, const Given& in, const real* bias, real eps) {
  const int64_t N = in.N, D = in.D;
  const real* const weight = in.weight;
  in_parts(N, N * D / 2, [=, x = in.x](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      const real* const from = x + n * D;
      real* const to = y + n * D;
      const real mean = mean_of_row(from, D);
      const real scale = inverse_rms(D, eps, [=](int64_t d) { return from[d] - mean; });
      stats[n] = {mean, scale};
#pragma omp simd
      for (int64_t d = 0; d < D; ++d) to[d] = (from[d] - mean) * scale * weight[d] + (bias != nullptr ? bias[d] : 0);
    }
  });
}

// Passes dx of row n to `store`, and adds to dweight (D) and dbias (D), which lie one after the other in `sums`.
template <class Store>
void backward_row(Store store, real* sums, const real* dy, const Given& in, const RowStats& stats, int64_t n) {
  const int64_t D = in.D;
  const auto count = static_cast<real>(D);
  const real* const up = dy + n * D;
  const real* const from = in.x + n * D;
  const real* const weight = in.weight;
  real* const dweight = sums;
  real* const dbias = sums + D;
  const real mean = stats.mean, scale = stats.scale;
  real sum = 0, dot = 0;
#pragma omp simd reduction(+ : sum, dot)
  for (int64_t d = 0; d < D; ++d) {
    const real g = up[d] * weight[d];
    sum += g;
    dot += g * ((from[d] - mean) * scale);
  }
  const real mean_g = sum / count, mean_gu = dot / count;
#pragma omp simd
  for (int64_t d = 0; d < D; ++d) {
    const real u = (from[d] - mean) * scale;
    store(n * D + d, (up[d] * weight[d] - mean_g - u * mean_gu) * scale);
    dweight[d] += up[d] * u;
    dbias[d] += up[d];
  }
}

void layer_norm_backward(Sink dx, Sink dweight, Sink dbias, const real* dy, const Given& in, const RowStats* stats) {
  const auto run = [=, D = in.D](auto store) {
    const Scratch<real> sums = row_sums(in.N, 2 * D, D, [=](real* sum, int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) backward_row(store, sum, dy, in, stats[n], n);
    });
    accumulate(dweight, D, [total = sums.data()](int64_t d) { return total[d]; });
    accumulate(dbias, D, [total = sums.data() + D](int64_t d) { return total[d]; });
  };
  if (dx)
    storing(dx, run);
  else
    run([](int64_t, real) {});
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, real eps) {
  check(x.shape().rank() >= 1, "layer_norm: x has shape {}, but (..., D) is needed", x.shape());
  const int64_t D = x.size(-1), N = x.shape().before(-1);
  check(weight.shape() == Shape{D}, "layer_norm: weight has shape {}, but {} is needed", weight.shape(), Shape{D});
  check(!bias.defined() || bias.shape() == Shape{D}, "layer_norm: bias has shape {}, but {} is needed", bias.shape(),
        Shape{D});
  check(eps >= 0, "layer_norm: eps is {}, but at least 0 is needed", eps);

  Tensor y(x.shape());
  const auto stats = std::make_shared<Scratch<RowStats>>(N);
  layer_norm_forward(y.mutable_data(), stats->data(), {x.data(), weight.data(), N, D}, bias.data(), eps);
  return record(
      "layer_norm", y, {x, weight, bias},
      [x = Saved(x), weight = Saved(weight), stats, N, D](const Tensor& dy, Sinks& into) {
        layer_norm_backward(into[0], into[1], into[2], dy.data(), {x.data(), weight.data(), N, D}, stats->data());
      });
}

}  // namespace scangrad::SCANGRAD_PRECISION
