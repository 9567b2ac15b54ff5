// Shared by the tests of layers and models.
#pragma once

#include <functional>

#include "../../nn/params.h"
#include "../testing.h"

namespace scangrad::inline SCANGRAD_PRECISION {

// Worst relative error of the gradients of all parameters and of the given leaves against central differences, as
// gradcheck reports it: f reads them and gives a tensor.
inline double check_gradients(const Params& params, const std::function<Tensor()>& f, std::vector<Tensor> leaves = {}) {
  for (const Param& param : params.list()) leaves.push_back(param.tensor);
  for (const Tensor& t : leaves) t.zero_grad();
  const Tensor y = f();
  const Tensor weights = random_tensor(y.shape(), 77, real(0.5), 1);
  backward({y}, {weights});
  std::vector<Tensor> u;
  for (const Tensor& t : leaves) u.push_back(t.grad().defined() ? t.grad().clone() : Tensor::zeros(t.shape()));

  const real step = kDouble ? real(1e-5) : real(1e-2);
  const auto contracted = [&] {
    const NoGrad no_grad;
    const Tensor result = f();
    double sum = 0;
    for (int64_t i = 0; i < result.numel(); ++i) sum += double(result.data()[i]) * double(weights.data()[i]);
    return sum;
  };
  double worst = 0;
  for (size_t k = 0; k < leaves.size(); ++k) {
    double difference = 0, largest = 1e-3;
    for (int64_t i = 0; i < leaves[k].numel(); ++i) {
      real* const x = leaves[k].mutable_data() + i;
      const real before = *x;
      *x = before + step;
      const double above = contracted();
      *x = before - step;
      const double v = (above - contracted()) / (2 * double(step));
      *x = before;
      difference = std::max(difference, std::abs(double(u[k].data()[i]) - v));
      largest = std::max(largest, std::abs(v));
    }
    worst = std::max(worst, difference / largest);
  }
  return worst;
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
