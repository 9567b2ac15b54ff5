#include "recompute.h"

#include <optional>
#include <utility>

#include "../core/autograd.h"
#include "../ops/precision.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

thread_local bool is_recomputing = false;

// For a scope. Blocks inside a chunk nest.
class Recomputing {
 public:
  Recomputing() : before_(std::exchange(is_recomputing, true)) {}
  ~Recomputing() { is_recomputing = before_; }
  Recomputing(const Recomputing&) = delete;
  Recomputing& operator=(const Recomputing&) = delete;

 private:
  bool before_;
};

// The results, then the state's tensors.
std::vector<Tensor> with_state(std::vector<Tensor> tensors, const State& state) {
  for (const auto& [name, tensor] : state.list()) tensors.push_back(tensor);
  return tensors;
}

// Sets the state's tensors to those after the first `skip`.
void set_state(State& state, const std::vector<Tensor>& tensors, size_t skip) {
  for (const auto& [name, tensor] : state.list()) state.set(name, tensors[skip++]);
}

// One call of f, as backward repeats it.
struct Call {
  Recomputed f;
  std::vector<Saved> inputs;  // and the state's tensors
  size_t count;               // of the inputs alone
  State state;                // before the call
  std::optional<Rng> training;
  Precision used = precision();

  void backward(const std::vector<Tensor>& dy, Sinks& into) const {
    std::vector<Tensor> leaves;
    for (size_t i = 0; i < inputs.size(); ++i) {
      leaves.push_back(inputs[i].get().detach());
      if (into.wanted(static_cast<int>(i))) leaves.back().set_requires_grad(true);
    }
    State again = state;
    set_state(again, leaves, count);
    std::optional<Rng> rng = training;
    std::vector<Tensor> ys;
    {
      const Recording on(true);
      const Recomputing second;
      const WithPrecision scope(used);
      ys = f({leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(count)}, again, rng ? &*rng : nullptr);
      ys = with_state(std::move(ys), again);
    }
    std::vector<Tensor> roots, gradients;
    for (size_t i = 0; i < ys.size(); ++i) {
      if (!dy[i].defined() || !ys[i].requires_grad()) continue;
      roots.push_back(ys[i]);
      gradients.push_back(dy[i]);
    }
    ys.clear();  // the roots alone hold the graph, which backward() frees as it goes
    again = state;
    scangrad::backward(roots, gradients);
    for (size_t i = 0; i < leaves.size(); ++i)
      if (leaves[i].grad().defined()) into.give(static_cast<int>(i), leaves[i].grad());
  }
};

}  // namespace

bool recomputing() {
  return is_recomputing;
}

std::vector<Tensor> recompute(const Recomputed& f, const std::vector<Tensor>& inputs, State& state,
                              const Tensor& weight, Rng* training) {
  if (!recording()) return f(inputs, state, training);
  std::vector<Tensor> before = with_state(inputs, state);
  auto call = std::make_shared<Call>(Call{f, {}, inputs.size(), state.detach(), std::nullopt});
  for (const Tensor& tensor : before) call->inputs.emplace_back(tensor);
  if (training != nullptr) call->training = *training;

  std::vector<Tensor> ys;
  {
    const NoGrad no_grad;
    ys = f(inputs, state, training);
  }
  const size_t results = ys.size();
  before.push_back(weight);
  ys = record("recompute", with_state(std::move(ys), state), before,
              [call](const std::vector<Tensor>& dy, Sinks& into) { call->backward(dy, into); });
  set_state(state, ys, results);
  ys.resize(results);
  return ys;
}

}  // namespace scangrad::SCANGRAD_PRECISION
