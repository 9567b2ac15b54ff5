#include "state_gradient.h"

#include "../../core/autograd.h"
#include "../../core/check.h"

namespace scangrad::SCANGRAD_PRECISION {

State state_gradient(const State& start, const std::function<Tensor(State& state)>& f) {
  State gradient = start.detach();
  State state = gradient;
  for (const auto& [name, tensor] : gradient.list()) {
    Tensor leaf = tensor.clone();
    leaf.set_requires_grad(true);
    state.set(name, leaf);
  }
  const std::vector<std::pair<std::string, Tensor>> leaves = state.list();
  const Recording on(true);
  const Tensor result = f(state);
  check(result.defined() && result.numel() == 1, "state_gradient: the result has shape {}, but one number is needed",
        result.shape());
  result.backward();
  for (const auto& [name, leaf] : leaves)
    gradient.set(name, leaf.grad().defined() ? leaf.grad() : Tensor::zeros(leaf.shape()));
  return gradient;
}

}  // namespace scangrad::SCANGRAD_PRECISION
