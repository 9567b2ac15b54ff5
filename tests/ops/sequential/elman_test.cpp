#include "../../../ops/sequential/elman.h"

#include "recurrent.h"

using namespace scangrad;

TEST_CASE("elman: a case worked by hand") {
  // h[0] = tanh(0.5 + 0.25 * 2 - 1) = 0, h[1] = tanh(0.3 - 1 + 1) = tanh(0.3)
  const Tensor p = leaf(Tensor({1, 2, 1}, {real(0.5), real(1.3)})), w({1, 1}, {real(0.25)}), b({1}, {-1});
  const Tensor h = elman(p, w, b, Tensor({1, 1}, {2}));
  const double tanh_03 = std::tanh(0.3);
  CHECK(h.data()[0] == doctest::Approx(0));
  CHECK(h.data()[1] == doctest::Approx(tanh_03));
  backward({h}, {Tensor({1, 2, 1}, {1, 8})});
  // e[1] = 8 (1 - h[1]^2); e[0] = (1 + 0.25 e[1]) (1 - 0)
  const double e = 8 * (1 - tanh_03 * tanh_03);
  CHECK(p.grad().data()[1] == doctest::Approx(e));
  CHECK(p.grad().data()[0] == doctest::Approx(1 + e / 4));
}

TEST_CASE("elman: equals its plain form, central differences, and itself on packed sequences and more threads") {
  check_recurrent([](const std::vector<Tensor>& in,
                     const Boundaries& at) { return std::vector<Tensor>{elman(in[0], in[1], in[2], in[3], at)}; },
                  elman_step, 1, 1);
}

TEST_CASE("elman: errors name wrong shapes") {
  const auto with = [](const Tensor& p, const Tensor& w, const Tensor& b, const Tensor& h0) {
    return error_of([&] { elman(p, w, b, h0); });
  };
  const Tensor p = Tensor::zeros({2, 5, 3}), w = Tensor::zeros({3, 3}), b = Tensor::zeros({3});
  CHECK(with(p, Tensor::zeros({3, 4}), b, {}) == "elman: weight has shape [3, 4], but (1 H, H) is needed");
  CHECK(with(Tensor::zeros({2, 5, 4}), w, b, {}) == "elman: projection has shape [2, 5, 4], but (B, T, 3) is needed");
  CHECK(with(p, w, Tensor::zeros({4}), {}) == "elman: bias has shape [4], but [3] is needed");
  CHECK(with(p, w, b, Tensor::zeros({1, 3})) == "elman: a start has shape [1, 3], but [2, 3] is needed");
}
