#include "mean_squared_error.h"

#include <algorithm>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/kernels/sums.h"
#include "../../core/loops.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// The sum of squares over the positions begin ... end - 1.
real squares(const real* prediction, const real* target, const int32_t* mask, int64_t begin, int64_t end, int64_t C) {
  real total = 0;
  for (int64_t n = begin; n < end; ++n) {
    if (mask != nullptr && mask[n] == 0) continue;
    real sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = n * C; i < (n + 1) * C; ++i) {
      const real difference = prediction[i] - target[i];
      sum += difference * difference;
    }
    total += sum;
  }
  return total;
}

// dprediction = scale * (prediction - target); the same with -scale for dtarget.
void mean_squared_error_backward(Sink into, const real* prediction, const real* target, const int32_t* mask, real scale,
                                 int64_t N, int64_t C) {
  storing(into, [=](auto store) {
    rowwise(N, C, [=](int64_t n, int64_t c) {
      const int64_t i = n * C + c;
      const real gradient = scale * (prediction[i] - target[i]);
      store(i, mask != nullptr && mask[n] == 0 ? 0 : gradient);
    });
  });
}

}  // namespace

Tensor mean_squared_error(const Tensor& prediction, const Tensor& target, const Ids& mask) {
  const Shape& shape = prediction.shape();
  check(shape.rank() >= 1, "mean_squared_error: prediction has shape {}, but (..., C) is needed", shape);
  check(target.shape() == shape, "mean_squared_error: target has shape {} but prediction has {}", target.shape(),
        shape);
  const Shape positions(shape.begin(), shape.rank() - 1);
  check(!mask.defined() || mask.shape() == positions, "mean_squared_error: mask has shape {}, but {} is needed",
        mask.shape(), positions);
  const int64_t N = positions.numel(), C = shape[-1];
  const int64_t counted = mask.defined() ? N - std::count(mask.data(), mask.data() + N, 0) : N;
  check(counted * C > 0, "mean_squared_error: none of {} positions counts, but at least one is needed", N);

  const Scratch<real> sum =
      row_sums(N, 1, C / 4 + 1,
               [C, p = prediction.data(), t = target.data(), m = mask.data()](real* to, int64_t begin, int64_t end) {
                 *to = squares(p, t, m, begin, end, C);
               });
  const auto count = static_cast<real>(counted * C);
  const Tensor loss = Tensor::full({}, sum[0] / count);
  return record(
      "mean_squared_error", loss, {prediction, target},
      [p = Saved(prediction), t = Saved(target), mask = mask.clone(), count, N, C](const Tensor& dloss, Sinks& into) {
        const real scale = 2 * dloss.item() / count;
        mean_squared_error_backward(into[0], p.data(), t.data(), mask.data(), scale, N, C);
        mean_squared_error_backward(into[1], p.data(), t.data(), mask.data(), -scale, N, C);
      });
}

}  // namespace scangrad::SCANGRAD_PRECISION
