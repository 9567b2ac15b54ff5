#include "../../../ops/sequential/lstm.h"

#include "recurrent.h"

using namespace scangrad;

TEST_CASE("lstm: a case worked by hand") {
  // W = 0: i = f = o = 1/2, g = 0, c = 0 / 2 + 2 / 2 = 1, h = tanh(1) / 2
  const Tensor p = leaf(Tensor::zeros({1, 1, 4})), w = Tensor::zeros({4, 1}), b = Tensor::zeros({4});
  const LstmStates states = lstm(p, w, b, {{}, Tensor({1, 1}, {2})});
  const double u = std::tanh(1.0);
  CHECK(states.c.item() == doctest::Approx(1));
  CHECK(states.h.item() == doctest::Approx(u / 2));
  backward({states.h, states.c}, {Tensor::full({1, 1, 1}, 8), Tensor::full({1, 1, 1}, 3)});
  const double dc = 3 + 8 * (1 - u * u) / 2;
  CHECK(p.grad().data()[0] == doctest::Approx(0));
  CHECK(p.grad().data()[1] == doctest::Approx(dc * 2 / 4));
  CHECK(p.grad().data()[2] == doctest::Approx(dc / 2));
  CHECK(p.grad().data()[3] == doctest::Approx(8 * u / 4));
}

TEST_CASE("lstm: equals its plain form, central differences, and itself on packed sequences and more threads") {
  check_recurrent(
      [](const std::vector<Tensor>& in, const Boundaries& at) {
        const LstmStates states = lstm(in[0], in[1], in[2], {in[3], in[4]}, at);
        return std::vector<Tensor>{states.h, states.c};
      },
      lstm_step, 4, 2);
}

TEST_CASE("lstm: errors name wrong shapes") {
  CHECK(error_of([] {
          lstm(Tensor::zeros({2, 5, 8}), Tensor::zeros({8, 2}), Tensor::zeros({8}), {{}, Tensor::zeros({2, 3})});
        }) == "lstm: a start has shape [2, 3], but [2, 2] is needed");
}
