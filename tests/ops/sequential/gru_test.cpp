#include "../../../ops/sequential/gru.h"

#include "recurrent.h"

using namespace scangrad;

TEST_CASE("gru: a case worked by hand") {
  // W = 0, b = (0, 0, 2): r = z = 1/2, n = tanh(-1 + 2 / 2) = 0, h = n / 2 + 4 / 2
  const Tensor p = leaf(Tensor({1, 1, 3}, {0, 0, -1})), w = Tensor::zeros({3, 1}), b({3}, {0, 0, 2});
  const Tensor h = gru(p, w, b, Tensor({1, 1}, {4}));
  CHECK(h.item() == doctest::Approx(2));
  backward({h}, {Tensor::full({1, 1, 1}, 8)});
  // dp_n = 8 / 2, dp_z = 8 (4 - 0) / 4, dp_r = 4 * 2 / 4
  CHECK(p.grad().data()[0] == doctest::Approx(2));
  CHECK(p.grad().data()[1] == doctest::Approx(8));
  CHECK(p.grad().data()[2] == doctest::Approx(4));
}

TEST_CASE("gru: equals its plain form, central differences, and itself on packed sequences and more threads") {
  check_recurrent([](const std::vector<Tensor>& in,
                     const Boundaries& at) { return std::vector<Tensor>{gru(in[0], in[1], in[2], in[3], at)}; },
                  gru_step, 3, 1);
}

TEST_CASE("gru: errors name wrong shapes") {
  CHECK(error_of([] {
          gru(Tensor::zeros({2, 5, 9}), Tensor::zeros({6, 3}), Tensor::zeros({9}));
        }) == "gru: weight has shape [6, 3], but (3 H, H) is needed");
}
