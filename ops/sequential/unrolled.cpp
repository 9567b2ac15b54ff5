#include "unrolled.h"

#include "../../core/check.h"
#include "../activations.h"
#include "../affine.h"
#include "../arithmetic.h"
#include "../indexing/concat.h"
#include "../indexing/slice.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// Gate i of several, of H channels each.
Tensor gate(const Tensor& x, int64_t i, int64_t H) {
  return slice(x, 1, i * H, (i + 1) * H);
}

}  // namespace

std::vector<Tensor> elman_step(const Tensor& p, const Tensor& q, const std::vector<Tensor>&) {
  return {tanh(add(p, q))};
}

std::vector<Tensor> gru_step(const Tensor& p, const Tensor& q, const std::vector<Tensor>& before) {
  const int64_t H = p.size(1) / 3;
  const Tensor sums = add(p, q), h = before[0];
  const Tensor r = sigmoid(gate(sums, 0, H)), z = sigmoid(gate(sums, 1, H));
  const Tensor n = tanh(add(gate(p, 2, H), multiply(r, gate(q, 2, H))));
  return {add(n, multiply(z, subtract(h, n)))};  // (1 - z) n + z h
}

std::vector<Tensor> lstm_step(const Tensor& p, const Tensor& q, const std::vector<Tensor>& before) {
  const int64_t H = p.size(1) / 4;
  const Tensor sums = add(p, q);
  const Tensor i = sigmoid(gate(sums, 0, H)), f = sigmoid(gate(sums, 1, H));
  const Tensor g = tanh(gate(sums, 2, H)), o = sigmoid(gate(sums, 3, H));
  const Tensor c = add(multiply(f, before[1]), multiply(i, g));
  return {multiply(o, tanh(c)), c};
}

std::vector<Tensor> unrolled(const RecurrentStep& step, const Tensor& p, const Tensor& weight, const Tensor& bias,
                             const std::vector<Tensor>& starts) {
  check(p.shape().rank() == 3 && p.size(1) >= 1,
        "unrolled: projection has shape {}, but (B, T, G H) with T >= 1 is needed", p.shape());
  const int64_t B = p.size(0), T = p.size(1), gates = p.size(2), H = weight.size(-1);
  std::vector<Tensor> states;
  for (const Tensor& start : starts) states.push_back(start.defined() ? start : Tensor::zeros({B, H}));
  std::vector<std::vector<Tensor>> over_time(starts.size());
  for (int64_t t = 0; t < T; ++t) {
    const Tensor now = slice(p, 1, t, t + 1).reshape({B, gates});
    states = step(now, affine(states[0], weight, bias), states);
    for (size_t k = 0; k < states.size(); ++k) over_time[k].push_back(states[k].reshape({B, 1, H}));
  }
  std::vector<Tensor> result;
  for (const std::vector<Tensor>& each : over_time) result.push_back(concatenate(each, 1));
  return result;
}

}  // namespace scangrad::SCANGRAD_PRECISION
