#include "batch_norm.h"

#include <cmath>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/kernels/sums.h"
#include "../../core/loops.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// means[d] = mean of value(n, d) over the rows.
template <class Value>
void channel_means(real* means, int64_t N, int64_t D, Value value) {
  const Scratch<double> sums = row_sums<double>(N, D, D / 2, [=](double* sum, int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
#pragma omp simd
      for (int64_t d = 0; d < D; ++d) sum[d] += static_cast<double>(value(n, d));
    }
  });
  for (int64_t d = 0; d < D; ++d) means[d] = static_cast<real>(sums[d] / static_cast<double>(N));
}

// What both passes read. The normalized numbers are u[n, d] = (x[n, d] - mean[d]) * inverse[d].
struct Given {
  const real *x, *weight, *mean, *inverse;
  int64_t N, D;
};

// 1 / sqrt(variance + eps)
void inverse_deviations(real* inverse, const real* variance, real eps, int64_t D) {
  for (int64_t d = 0; d < D; ++d) inverse[d] = variance[d] + eps == 0 ? 0 : 1 / std::sqrt(variance[d] + eps);
}

void batch_norm_forward(real* y, const Given& in, const real* bias) {
  rowwise(in.N, in.D,
          [=, x = in.x, weight = in.weight, mean = in.mean, inverse = in.inverse, D = in.D](int64_t n, int64_t d) {
            y[n * D + d] = (x[n * D + d] - mean[d]) * inverse[d] * weight[d] + bias[d];
          });
}

// of_x: mean and variance are those of x, so gradients flow through them.
void batch_norm_backward(Sink dx, Sink dweight, Sink dbias, const real* dy, const Given& in, bool of_x) {
  const int64_t N = in.N, D = in.D;
  const real* const x = in.x;
  const real* const weight = in.weight;
  const real* const mean = in.mean;
  const real* const inverse = in.inverse;
  const Scratch<real> means(2 * D);  // of dy u and of dy
  real* const of_dyu = means.data();
  real* const of_dy = of_dyu + D;
  channel_means(of_dyu, N, D,
                [=](int64_t n, int64_t d) { return dy[n * D + d] * (x[n * D + d] - mean[d]) * inverse[d]; });
  channel_means(of_dy, N, D, [=](int64_t n, int64_t d) { return dy[n * D + d]; });
  const auto count = static_cast<real>(N);
  accumulate(dweight, D, [=](int64_t d) { return of_dyu[d] * count; });
  accumulate(dbias, D, [=](int64_t d) { return of_dy[d] * count; });
  storing(dx, [=](auto store) {
    rowwise(N, D, [=](int64_t n, int64_t d) {
      const real u = (x[n * D + d] - mean[d]) * inverse[d];
      const real through = of_x ? of_dy[d] + u * of_dyu[d] : 0;
      store(n * D + d, (dy[n * D + d] - through) * inverse[d] * weight[d]);
    });
  });
}

}  // namespace

ChannelStatistics channel_statistics(const Tensor& x) {
  const int64_t N = x.shape().rank() >= 1 ? x.shape().before(-1) : 0;
  check(N >= 2, "batch_norm: x has shape {}, but statistics need (..., D) with at least two rows", x.shape());
  const int64_t D = x.size(-1);
  ChannelStatistics result{Tensor({D}), Tensor({D}), true};
  const real* const data = x.data();
  real* const mean = result.mean.mutable_data();
  channel_means(mean, N, D, [=](int64_t n, int64_t d) { return data[n * D + d]; });
  channel_means(result.variance.mutable_data(), N, D, [=](int64_t n, int64_t d) {
    const real difference = data[n * D + d] - mean[d];
    return difference * difference;
  });
  return result;
}

Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const ChannelStatistics& statistics,
                  real eps) {
  check(x.shape().rank() >= 1, "batch_norm: x has shape {}, but (..., D) is needed", x.shape());
  const int64_t D = x.size(-1), N = x.shape().before(-1);
  const auto fits = [D](const char* name, const Tensor& tensor) {
    check(tensor.shape() == Shape{D}, "batch_norm: {} has shape {}, but {} is needed", name, tensor.shape(), Shape{D});
  };
  fits("weight", weight);
  fits("bias", bias);
  fits("mean", statistics.mean);
  fits("variance", statistics.variance);
  check(eps >= 0, "batch_norm: eps is {}, but at least 0 is needed", eps);

  Tensor y(x.shape()), inverse({D});
  inverse_deviations(inverse.mutable_data(), statistics.variance.data(), eps, D);
  batch_norm_forward(y.mutable_data(), {x.data(), weight.data(), statistics.mean.data(), inverse.data(), N, D},
                     bias.data());
  return record("batch_norm", y, {x, weight, bias},
                [x = Saved(x), weight = Saved(weight), mean = Saved(statistics.mean), inverse, of_x = statistics.of_x,
                 N, D](const Tensor& dy, Sinks& into) {
                  batch_norm_backward(into[0], into[1], into[2], dy.data(),
                                      {x.data(), weight.data(), mean.data(), inverse.data(), N, D}, of_x);
                });
}

}  // namespace scangrad::SCANGRAD_PRECISION
