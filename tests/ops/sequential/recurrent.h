// The checks of the ops of the sequential family, each against its plain form (ops/sequential/unrolled.h).
#pragma once

#include <cmath>
#include <functional>

#include "../../../ops/sequential/unrolled.h"
#include "../sequences.h"

namespace scangrad::SCANGRAD_PRECISION {

// Projection, weight, bias, then the starts -> the states over time, (B, T, H) each.
using RecurrentOp = std::function<std::vector<Tensor>(const std::vector<Tensor>& in, const Boundaries& at)>;
inline std::vector<Tensor> recurrent_inputs(int64_t B, int64_t T, int64_t H, int64_t gates, size_t states) {
  const real bound = 1 / std::sqrt(static_cast<real>(H));  // larger weights make rounding grow from step to step
  std::vector<Tensor> in{random_tensor({B, T, gates * H}, 1, -2, 2), random_tensor({gates * H, H}, 2, -bound, bound),
                         random_tensor({gates * H}, 3)};
  for (size_t k = 0; k < states; ++k) in.push_back(random_tensor({B, H}, 4 + k));
  return in;
}

// States over time, and the gradients of every input when all states have one.
inline std::vector<Tensor> with_gradients(const std::function<std::vector<Tensor>(const std::vector<Tensor>&)>& f,
                                          std::vector<Tensor> in) {
  for (Tensor& tensor : in) tensor = leaf(tensor.clone());
  std::vector<Tensor> result = f(in), gradients;
  for (size_t k = 0; k < result.size(); ++k) gradients.push_back(random_tensor(result[k].shape(), 30 + k));
  backward(result, gradients);
  for (Tensor& tensor : result) tensor = tensor.detach();
  for (const Tensor& tensor : in) result.push_back(tensor.grad());
  return result;
}

inline void check_recurrent(const RecurrentOp& op, const RecurrentStep& step, int64_t gates, size_t states) {
  struct Sizes {
    int64_t B, T, H;
  };
  for (const auto& [B, T, H] : {Sizes{1, 1, 1}, Sizes{3, 4, 5}, Sizes{11, 3, 2}}) {
    const std::vector<Tensor> in = recurrent_inputs(B, T, H, gates, states);
    for (size_t k = 0; k < states; ++k)
      CHECK(gradcheck([&op, k](const std::vector<Tensor>& x) { return op(x, {})[k]; }, in) < kGradTolerance);
  }
  for (const auto& [B, T, H] : {Sizes{1, 7, 3}, Sizes{3, 5, 40}, Sizes{19, 6, 70}}) {
    const std::vector<Tensor> in = recurrent_inputs(B, T, H, gates, states);
    const auto plain = with_gradients(
        [&](const std::vector<Tensor>& x) {
          return unrolled(step, x[0], x[1], x[2], {x.begin() + 3, x.end()});
        },
        in);
    const auto fused = with_gradients([&](const std::vector<Tensor>& x) { return op(x, {}); }, in);
    for (size_t i = 0; i < plain.size(); ++i) CHECK(relative_error(fused[i], plain[i]) < (kDouble ? 1e-13 : 1e-5));
    const WithThreads with(3);
    const auto three = with_gradients([&](const std::vector<Tensor>& x) { return op(x, {}); }, in);
    for (size_t i = 0; i < plain.size(); ++i) CHECK(same_bits(three[i], fused[i]));
  }

  // Sequences of all lengths, with weights that stay the same.
  const int64_t H = 5;
  const std::vector<Tensor> fixed = recurrent_inputs(1, 1, H, gates, states);
  const auto sequences = [&](const std::vector<Tensor>& inputs, const Tensor& h0, const Boundaries& at) {
    std::vector<Tensor> in{inputs[0], fixed[1], fixed[2]};
    for (size_t k = 0; k < states; ++k) in.push_back(h0);
    return op(in, at)[0];
  };
  for (const bool in_reverse : {false, true})
    check_packed_padded_separate(sequences, {3, 1, 12, 7, 2, 2, 9, 5, 1, 4}, {gates * H}, H, in_reverse);

  // In reverse it is the same on flipped time.
  std::vector<Tensor> in = recurrent_inputs(3, 6, H, gates, states);
  const std::vector<Tensor> backwards = op(in, Boundaries().reversed());
  in[0] = flipped(in[0]);
  const std::vector<Tensor> forwards = op(in, {});
  for (size_t k = 0; k < forwards.size(); ++k) CHECK(same_bits(flipped(backwards[k]), forwards[k]));
}

}  // namespace scangrad::SCANGRAD_PRECISION
