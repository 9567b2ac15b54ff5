#include "gradcheck.h"

#include <algorithm>
#include <cmath>

#include "autograd.h"
#include "check.h"
#include "random.h"

namespace scangrad::SCANGRAD_PRECISION {

double gradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& f, const std::vector<Tensor>& inputs,
                 double step) {
  std::vector<Tensor> leaves;
  for (const Tensor& input : inputs) {
    leaves.push_back(input.clone());
    if (input.defined()) leaves.back().set_requires_grad(true);
  }
  return gradcheck([&] { return f(leaves); }, leaves, step);
}

double gradcheck(const std::function<Tensor()>& f, std::vector<Tensor> leaves, double step) {
  std::erase_if(leaves, [](const Tensor& leaf) { return !leaf.defined(); });
  for (const Tensor& leaf : leaves) leaf.zero_grad();
  const Tensor y = f();
  check(y.requires_grad(), "gradcheck: the result does not depend on any input");
  Tensor weights(y.shape());
  Rng rng(0x5ca9);
  real* const w = weights.mutable_data();
  for (int64_t i = 0; i < weights.numel(); ++i) w[i] = rng.uniform(real(0.5), real(1.5)) * (rng.below(2) ? 1 : -1);
  backward({y}, {weights});
  backward({f()}, {weights});  // adds the same gradient

  const auto contracted = [&] {
    const NoGrad no_grad;
    const Tensor result = f();
    double sum = 0;
    for (int64_t i = 0; i < result.numel(); ++i) sum += double(result.data()[i]) * double(w[i]);
    return sum;
  };
  double worst = 0;
  for (Tensor& leaf : leaves) {
    const Tensor u = leaf.grad();
    double largest = 1e-3, difference = 0;
    for (int64_t i = 0; i < leaf.numel(); ++i) {
      const real x = leaf.data()[i];
      const real up = x + static_cast<real>(step), down = x - static_cast<real>(step);
      leaf.mutable_data()[i] = up;
      const double above = contracted();
      leaf.mutable_data()[i] = down;
      const double below = contracted();
      leaf.mutable_data()[i] = x;
      const double v = (above - below) / (double(up) - double(down));
      largest = std::max(largest, std::abs(v));
      const double error = std::abs((u.defined() ? double(u.data()[i]) / 2 : 0.0) - v);
      difference = std::isfinite(error) ? std::max(difference, error) : INFINITY;
    }
    worst = std::max(worst, difference / largest);
  }
  return worst;
}

}  // namespace scangrad::SCANGRAD_PRECISION
