// What every mixer has to show: gradients, and that a whole sequence, chunks with a carried state, and single steps
// agree, with boundaries too.
#pragma once

#include "../../nn/mixer.h"
#include "../../ops/indexing/slice.h"
#include "modules.h"

namespace scangrad::SCANGRAD_PRECISION {

// The state's tensors, for comparison.
inline std::vector<Tensor> tensors_of(const State& state) {
  std::vector<Tensor> tensors;
  for (const auto& [name, tensor] : state.list()) tensors.push_back(tensor);
  return tensors;
}

// A tensor of a state that was reached in steps, in the shape of the one that was reached at once: a cache may have
// room for more steps.
inline Tensor without_room(const Tensor& tensor, const Tensor& other) {
  const bool has_room = tensor.shape().rank() == 3 && tensor.size(1) > other.size(1);
  return has_room ? slice(tensor, 1, 0, other.size(1)) : tensor;
}

// The state with each tensor a leaf, so that it gets a gradient.
inline State leaves_of(const State& state) {
  State leaves = state.detach();
  for (const auto& [path, tensor] : leaves.list()) leaves.set(path, leaf(tensor.clone()));
  return leaves;
}

// Three sequences packed in a row, padded to a batch, and alone: outputs, gradients of the input and of parameters.
template <class Layer>
void check_packed(const Layer& mixer, const Params& params, int64_t D, double tolerance) {
  const std::vector<int64_t> lengths = {4, 9, 1}, cu = {0, 4, 13, 14};
  const Tensor x = random_tensor({1, 14, D}, 3, -2, 2), up = random_tensor({1, 14, D}, 4);
  const auto run = [&](const Tensor& input, const Tensor& gradient, int64_t streams, const Boundaries& at) {
    const Tensor in = leaf(input.clone());
    State state(streams);
    const Tensor y = mixer(in, state, at);
    backward({y}, {gradient});
    return std::pair{y.detach(), in.grad()};
  };
  const auto parameters = [&] { return params.gradients().clone(); };
  params.zero_grad();
  const auto packed = run(x, up, 3, Boundaries::packed(cu));
  const Tensor of_packed = parameters();

  params.zero_grad();
  for (size_t i = 0; i < lengths.size(); ++i) {
    const auto part = [&](const Tensor& row) { return slice(row, 1, cu[i], cu[i + 1]); };
    const auto alone = run(part(x), part(up), 1, {});
    CHECK(relative_error(part(packed.first), alone.first) < tolerance);
    CHECK(relative_error(part(packed.second), alone.second) < tolerance);
  }
  CHECK(relative_error(of_packed, parameters()) < (kDouble ? 1e-12 : 2e-6));

  params.zero_grad();
  Tensor batch = Tensor::full({3, 9, D}, real(0.3)), batch_up = Tensor::full({3, 9, D}, 5);
  for (size_t i = 0; i < lengths.size(); ++i) {
    const auto place = [&](Tensor& to, const Tensor& from) {
      std::copy_n(from.data() + cu[i] * D, lengths[i] * D, to.mutable_data() + static_cast<int64_t>(i) * 9 * D);
    };
    place(batch, x);
    place(batch_up, up);
    std::fill_n(batch_up.mutable_data() + (static_cast<int64_t>(i) * 9 + lengths[i]) * D, (9 - lengths[i]) * D,
                real(0));
  }
  const auto padded = run(batch, batch_up, 3, Boundaries::lengths(lengths));
  for (size_t i = 0; i < lengths.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    const auto part = [&](const Tensor& all) { return slice(slice(all, 0, row, row + 1), 1, 0, lengths[i]); };
    CHECK(relative_error(part(padded.first), slice(packed.first, 1, cu[i], cu[i + 1])) < tolerance);
    CHECK(relative_error(part(padded.second), slice(packed.second, 1, cu[i], cu[i + 1])) < tolerance);
  }
  CHECK(relative_error(parameters(), of_packed) < (kDouble ? 1e-12 : 2e-6));
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
    for (size_t i = 0; i < a.size(); ++i) CHECK(relative_error(without_room(a[i], b[i]), b[i]) < tolerance);
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

  check_packed(*mixer, params, D, tolerance);

  // Gradients of parameters, input and carried state.
  Tensor input = leaf(random_tensor({B, 3, D}, 2, -2, 2));
  State start(B);
  (*mixer)(x, start);
  const State leaves = leaves_of(start);
  std::vector<Tensor> checked{input};
  for (const Tensor& tensor : tensors_of(leaves)) checked.push_back(tensor);
  const auto f = [&] {
    State state = leaves;
    return (*mixer)(input, state);
  };
  CHECK(check_gradients(params, f, checked) < (kDouble ? 1e-7 : 5e-2));
}

}  // namespace scangrad::SCANGRAD_PRECISION
