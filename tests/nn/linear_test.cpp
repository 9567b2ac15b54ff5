#include "../../nn/linear.h"

#include "../../ops/affine.h"
#include "modules.h"

using namespace scangrad;

TEST_CASE("linear: is affine in its parameters, with and without bias") {
  for (const bool bias : {true, false}) {
    const Params params(2);
    Linear layer(params, 3, 5, {.bias = bias});
    const Tensor x = leaf(random_tensor({2, 4, 3}, 1));
    CHECK(params.list().size() == (bias ? 2 : 1));
    CHECK(same_bits(layer(x), affine(x, layer.weight(), layer.bias())));
    CHECK(check_gradients(params, [&] { return layer(x); }, {x}) < kGradTolerance);
  }
}

TEST_CASE("linear: initial weights are within 1/sqrt(inputs)") {
  const Params params(2);
  const Linear layer(params, 64, 100, {.role = Role::kGate});
  for (const std::string name : {"weight", "bias"}) {
    const std::vector<real> values = params.find(name).tensor.values();
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    CHECK(*least >= real(-0.125));
    CHECK(*least < real(-0.11));
    CHECK(*most < real(0.125));
    CHECK(*most > real(0.11));
  }
}

TEST_CASE("linear: the bias of a gate has the role gate, any other the role bias") {
  const Params params(2);
  const Linear gate(params / "gate", 2, 3, {.role = Role::kGate}), plain(params / "plain", 2, 3);
  CHECK(params.find("gate.weight").role == Role::kGate);
  CHECK(params.find("gate.bias").role == Role::kGate);
  CHECK(params.find("plain.weight").role == Role::kWeight);
  CHECK(params.find("plain.bias").role == Role::kBias);
}

TEST_CASE("linear: an identity has no parameters") {
  const Params params(2);
  const Linear layer(params, 3, 3, {.identity = true});
  const Tensor x = random_tensor({2, 3}, 1);
  CHECK(params.list().empty());
  CHECK(same_bits(layer(x), x));
}

TEST_CASE("linear: errors name wrong sizes") {
  const Linear layer(Params(1), 3, 2);
  CHECK(error_of([&] {
          layer(Tensor::zeros({4, 5}));
        }) == "affine: x has shape [4, 5], but weight has [2, 3] and needs (..., 3)");
  CHECK(error_of([] { Linear(Params(1), 0, 2); }) ==
        "linear: 0 channels in and 2 out, but at least 1 of each is needed");
  CHECK(error_of([] { Linear(Params(1), 3, 2, {.identity = true}); }) ==
        "linear: an identity from 3 channels to 2, but as many are needed");
}
