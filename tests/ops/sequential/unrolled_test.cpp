#include "../../../ops/sequential/unrolled.h"

#include <cmath>

#include "../../testing.h"

using namespace scangrad;

namespace {

double sigmoid_of(double x) {
  return 1 / (1 + std::exp(-x));
}

}  // namespace

TEST_CASE("unrolled: the steps are the equations of elman.h, gru.h and lstm.h") {
  const Tensor h({1, 1}, {real(0.5)}), c({1, 1}, {real(-0.25)});
  const Tensor p({1, 1}, {real(0.75)}), q({1, 1}, {real(-0.5)});
  CHECK(elman_step(p, q, {h})[0].item() == doctest::Approx(std::tanh(0.25)));

  const Tensor p3({1, 3}, {1, 2, real(0.5)}), q3({1, 3}, {real(0.5), -1, 2});
  const double r = sigmoid_of(1.5), z = sigmoid_of(1), n = std::tanh(0.5 + r * 2);
  CHECK(gru_step(p3, q3, {h})[0].item() == doctest::Approx((1 - z) * n + z * 0.5));

  const Tensor p4({1, 4}, {1, 2, real(0.5), -1}), q4({1, 4}, {real(0.5), -1, 2, 3});
  const std::vector<Tensor> states = lstm_step(p4, q4, {h, c});
  const double cell = sigmoid_of(1) * -0.25 + sigmoid_of(1.5) * std::tanh(2.5);
  CHECK(states[1].item() == doctest::Approx(cell));
  CHECK(states[0].item() == doctest::Approx(sigmoid_of(2) * std::tanh(cell)));
}

TEST_CASE("unrolled: a step gets the state before it, and W h + b") {
  // A network that sums: h[t] = p[t] + 2 h[t-1] + 1, from 3.
  const RecurrentStep sum = [](const Tensor& p, const Tensor& q, const std::vector<Tensor>&) {
    return std::vector<Tensor>{Tensor({1, 1}, {p.item() + q.item()})};
  };
  const Tensor p({1, 3, 1}, {1, 2, 3}), w({1, 1}, {2}), b({1}, {1});
  CHECK(unrolled(sum, p, w, b, {Tensor({1, 1}, {3})})[0].values() == std::vector<real>{8, 19, 42});
  CHECK(unrolled(sum, p, w, b, {Tensor()})[0].values() == std::vector<real>{2, 7, 18});
}

TEST_CASE("unrolled: gradients equal central differences") {
  const std::vector<Tensor> in{random_tensor({2, 3, 8}, 1), random_tensor({8, 2}, 2), random_tensor({8}, 3),
                               random_tensor({2, 2}, 4), random_tensor({2, 2}, 5)};
  for (const size_t k : {0, 1})
    CHECK(gradcheck(
              [k](const std::vector<Tensor>& x) {
                return unrolled(lstm_step, x[0], x[1], x[2], {x[3], x[4]})[k];
              },
              in) < kGradTolerance);
}

TEST_CASE("unrolled: errors name wrong shapes") {
  CHECK(error_of([] {
          unrolled(elman_step, Tensor::zeros({2, 0, 3}), Tensor::zeros({3, 3}), Tensor::zeros({3}), {{}});
        }) == "unrolled: projection has shape [2, 0, 3], but (B, T, G H) with T >= 1 is needed");
}
