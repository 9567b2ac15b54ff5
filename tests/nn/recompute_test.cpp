#include "../../nn/recompute.h"

#include "../../ops/activations.h"
#include "../../ops/affine.h"
#include "../../ops/arithmetic.h"
#include "../../ops/dropout.h"
#include "../../ops/precision.h"
#include "../testing.h"

using namespace scangrad;

namespace {

// y = w * tanh(x + h) with dropout, h' = y + h, and a second result that is left unused.
std::vector<Tensor> cell(const Tensor& w, const Tensor& x, State& state, Rng* training) {
  const Tensor h = state["h"].defined() ? state["h"] : Tensor::zeros(x.shape());
  Tensor y = multiply(tanh(add(x, h)), w);
  if (training != nullptr) y = dropout(y, real(0.5), *training);
  state["h"] = add(y, h);
  state.advance(1);
  return {y, scale(y, 3)};
}

}  // namespace

TEST_CASE("recompute: results, state and gradients have the bits of a plain run") {
  const auto run = [](bool again, bool drops) {
    const Tensor w = leaf(random_tensor({4}, 1)), x = leaf(random_tensor({2, 4}, 2));
    State state(2);
    Rng rng(5);
    Rng* const training = drops ? &rng : nullptr;
    const Recomputed f = [&](const std::vector<Tensor>& in, State& its, Rng* draws) {
      return cell(w, in[0], its, draws);
    };
    std::vector<Tensor> ys;
    for (int i = 0; i < 3; ++i)
      ys.push_back((again ? recompute(f, {x}, state, w, training) : f({x}, state, training))[0]);
    CHECK(state.position() == 3);
    const Tensor h = state["h"];
    backward({ys[0], ys[2], h}, {random_tensor({2, 4}, 6), random_tensor({2, 4}, 7), random_tensor({2, 4}, 8)});
    return std::vector<Tensor>{ys[1].detach(), h.detach(), w.grad(), x.grad()};
  };
  for (const bool drops : {false, true}) {
    const std::vector<Tensor> plain = run(false, drops), again = run(true, drops);
    for (size_t i = 0; i < plain.size(); ++i) CHECK(same_bits(again[i], plain[i]));
  }
}

TEST_CASE("recompute: the second run has the precision of the first") {
  const auto gradient = [](bool again) {
    const Tensor w = leaf(random_tensor({5, 4}, 1)), x = leaf(random_tensor({3, 4}, 2));
    State state(1);
    const Recomputed f = [&](const std::vector<Tensor>& in, State&, Rng*) {
      return std::vector<Tensor>{tanh(affine(in[0], w))};
    };
    Tensor y;
    {
      const WithPrecision scope(Precision::kBf16);
      y = again ? recompute(f, {x}, state, w)[0] : f({x}, state, nullptr)[0];
    }
    backward({y}, {random_tensor({3, 5}, 3)});
    return std::vector<Tensor>{w.grad(), x.grad()};
  };
  const std::vector<Tensor> plain = gradient(false), again = gradient(true);
  for (size_t i = 0; i < 2; ++i) CHECK(same_bits(again[i], plain[i]));
}

TEST_CASE("recompute: weights alone make the result differentiable") {
  const Tensor w = leaf(random_tensor({4}, 1)), x = random_tensor({2, 4}, 2);
  State state(2);
  const Tensor y =
      recompute([&](const std::vector<Tensor>& in, State& its, Rng* draws) { return cell(w, in[0], its, draws); }, {x},
                state, w)[0];
  backward({y}, {Tensor::full({2, 4}, 1)});
  const Tensor t = tanh(x);
  CHECK(w.grad().data()[1] == doctest::Approx(t.data()[1] + t.data()[5]));
}

TEST_CASE("recompute: only inputs and state stay in memory") {
  const Tensor w = leaf(random_tensor({1 << 16}, 1)), x = leaf(random_tensor({1 << 16}, 2));
  const auto live_of = [&](bool again) {
    const Recomputed f = [&](const std::vector<Tensor>& in, State&, Rng*) {
      Tensor y = in[0];
      for (int i = 0; i < 10; ++i) y = tanh(multiply(y, w));
      return std::vector<Tensor>{y};
    };
    State state;
    const int64_t before = memory_stats().live;
    const Tensor y = again ? recompute(f, {x}, state, w)[0] : f({x}, state, nullptr)[0];
    return memory_stats().live - before;
  };
  CHECK(live_of(true) <= int64_t{(1 << 16) * sizeof(real)} + 4096);
  CHECK(live_of(false) > 9 * int64_t{(1 << 16) * sizeof(real)});
}

TEST_CASE("recompute: an input that was overwritten is an error") {
  const Tensor w = leaf(random_tensor({4}, 1));
  Tensor x = random_tensor({2, 4}, 2);
  State state(2);
  const Tensor y =
      recompute([&](const std::vector<Tensor>& in, State& its, Rng* draws) { return cell(w, in[0], its, draws); }, {x},
                state, w)[0];
  x.mutable_data()[0] = 1;
  CHECK(error_of([&] {
          backward({y}, {Tensor::full({2, 4}, 1)});
        }) == "backward: a tensor of shape [2, 4] was overwritten after an op saved it");
}
