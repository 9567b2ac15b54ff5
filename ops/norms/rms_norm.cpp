#include "rms_norm.h"

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
  real offset;
  int64_t N, D;
};

void rms_norm_forward(real* y, real* inverse, const Given& in, real eps) {
  in_parts(in.N, in.N * in.D / 4,
           [=, x = in.x, weight = in.weight, offset = in.offset, D = in.D](int64_t begin, int64_t end) {
             for (int64_t n = begin; n < end; ++n) {
               const real* const from = x + n * D;
               real* const to = y + n * D;
               const real scale = inverse_rms(D, eps, [from](int64_t d) { return from[d]; });
               inverse[n] = scale;
#pragma omp simd
               for (int64_t d = 0; d < D; ++d) to[d] = from[d] * scale * (offset + weight[d]);
             }
           });
}

// Passes dx of row n to `store`, and adds to dweight (D). `scale` is 1 / rms(x) of this row.
template <class Store>
void backward_row(Store store, real* dweight, const real* dy, const Given& in, real scale, int64_t n) {
  const int64_t D = in.D;
  const real* const up = dy + n * D;
  const real* const from = in.x + n * D;
  const real* const weight = in.weight;
  const real offset = in.offset;
  real dot = 0;
#pragma omp simd reduction(+ : dot)
  for (int64_t d = 0; d < D; ++d) dot += up[d] * (offset + weight[d]) * (from[d] * scale);
  const real mean = dot / static_cast<real>(D);
#pragma omp simd
  for (int64_t d = 0; d < D; ++d) {
    const real u = from[d] * scale;
    store(n * D + d, (up[d] * (offset + weight[d]) - u * mean) * scale);
    dweight[d] += up[d] * u;
  }
}

void rms_norm_backward(Sink dx, Sink dweight, const real* dy, const Given& in, const real* inverse) {
  const auto run = [=](auto store) {
    const Scratch<real> sums = row_sums(in.N, in.D, in.D / 2, [=](real* sum, int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) backward_row(store, sum, dy, in, inverse[n], n);
    });
    accumulate(dweight, in.D, [total = sums.data()](int64_t d) { return total[d]; });
  };
  if (dx)
    storing(dx, run);
  else
    run([](int64_t, real) {});
}

}  // namespace

Tensor rms_norm(const Tensor& x, const Tensor& weight, const RmsNormOptions& options) {
  check(x.shape().rank() >= 1, "rms_norm: x has shape {}, but (..., D) is needed", x.shape());
  const int64_t D = x.size(-1), N = x.shape().before(-1);
  check(weight.shape() == Shape{D}, "rms_norm: weight has shape {}, but {} is needed", weight.shape(), Shape{D});
  check(options.eps >= 0, "rms_norm: eps is {}, but at least 0 is needed", options.eps);

  Tensor y(x.shape()), inverse({N});
  rms_norm_forward(y.mutable_data(), inverse.mutable_data(), {x.data(), weight.data(), options.offset, N, D},
                   options.eps);
  return record(
      "rms_norm", y, {x, weight},
      [x = Saved(x), weight = Saved(weight), inverse, offset = options.offset, N, D](const Tensor& dy, Sinks& into) {
        rms_norm_backward(into[0], into[1], dy.data(), {x.data(), weight.data(), offset, N, D}, inverse.data());
      });
}

}  // namespace scangrad::SCANGRAD_PRECISION
