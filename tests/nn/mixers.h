// What every mixer has to show: gradients, and that a whole sequence, chunks with a carried state, and single steps
// agree, with boundaries too.
#pragma once

#include "../../nn/mixer.h"
#include "../../ops/slice.h"
#include "modules.h"

namespace scangrad::inline SCANGRAD_PRECISION {

// Rows `streams` of the state's tensors as they are, for comparison.
inline std::vector<Tensor> tensors_of(const State& state) {
  std::vector<Tensor> tensors;
  for (const auto& [name, tensor] : state.list()) tensors.push_back(tensor);
  return tensors;
}

inline void check_mixer(const std::string& name, const MixerConfig& config) {
  INFO(name);
  const int64_t B = 2, T = 9, D = config.dim;
  const Params params(5);
  const auto mixer = make_mixer(name, params, config);
  const Tensor x = random_tensor({B, T, D}, 1, -2, 2);
  const double tolerance = kDouble ? 1e-13 : 2e-6;

  State end(B);
  const Tensor whole = (*mixer)(x, end);
  CHECK(whole.shape() == Shape{B, T, D});

  // Chunks of unequal length, down to single steps.
  for (const int64_t stride : {1, 2, 4}) {
    State state(B);
    for (int64_t t = 0; t < T; t += stride) {
      const int64_t stop = std::min(t + stride, T);
      CHECK(relative_error((*mixer)(slice(x, 1, t, stop), state), slice(whole, 1, t, stop)) < tolerance);
    }
    const std::vector<Tensor> a = tensors_of(state), b = tensors_of(end);
    REQUIRE(a.size() == b.size());
    for (size_t i = 0; i < a.size(); ++i) CHECK(relative_error(a[i], b[i]) < tolerance);
  }

  // A reset forgets: what follows it equals a sequence that begins there.
  const int64_t cut = 4;
  Ids mask({B, T});
  for (int64_t i = 0; i < B * T; ++i) mask.data()[i] = i % T == cut;
  State reset_end(B), fresh_end(B);
  const Tensor with_reset = (*mixer)(x, reset_end, Boundaries::reset(mask));
  const Tensor fresh = (*mixer)(slice(x, 1, cut, T), fresh_end);
  CHECK(relative_error(slice(with_reset, 1, cut, T), fresh) < tolerance);
  CHECK(relative_error(slice(with_reset, 1, 0, cut), slice(whole, 1, 0, cut)) < tolerance);

  // Padding leaves the state where the row's last step put it, and the other rows alone.
  State padded_end(B), short_end(B);
  const Tensor padded = (*mixer)(x, padded_end, Boundaries::lengths({T, cut}));
  CHECK(relative_error(slice(padded, 0, 0, 1), slice(whole, 0, 0, 1)) < tolerance);
  CHECK(relative_error(slice(slice(padded, 0, 1, 2), 1, 0, cut), slice(slice(whole, 0, 1, 2), 1, 0, cut)) < tolerance);
  (*mixer)(slice(x, 1, 0, cut), short_end);
  // Seen by what comes next: a state may be as long as the batch's longest row.
  const Tensor after_padding = (*mixer)(slice(x, 1, 0, 2), padded_end), after = (*mixer)(slice(x, 1, 0, 2), short_end);
  CHECK(relative_error(slice(after_padding, 0, 1, 2), slice(after, 0, 1, 2)) < tolerance);

  // Gradients of parameters, input and carried state.
  Tensor input = leaf(random_tensor({B, 3, D}, 2, -2, 2));
  State start(B);
  (*mixer)(x, start);
  State leaves = start.detach();
  std::vector<Tensor> checked{input};
  for (const auto& [path, tensor] : leaves.list()) {
    checked.push_back(leaf(tensor.clone()));
    leaves.set(path, checked.back());
  }
  const auto f = [&] {
    State state = leaves;
    return (*mixer)(input, state);
  };
  CHECK(check_gradients(params, f, checked) < (kDouble ? 1e-7 : 5e-2));
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
