#include "../../../nn/mixers/hgrn.h"

#include "../../../models/networks/stack.h"
#include "../mixers.h"

using namespace scangrad;

TEST_CASE("hgrn: a step worked by hand") {
  const Params params(3);
  const Hgrn layer(params, {.dim = 1, .layers = 2, .layer = 1});
  const auto set = [&](const char* name, const std::vector<real>& values) {
    Tensor tensor = params.find(name).tensor;
    tensor.copy_from(Tensor(tensor.shape(), values));
  };
  set("to_hidden_and_gate.weight", {1, 0, 1});  // v = x, k = 0, u = x
  set("to_out.weight", {1});
  // The bound is 1/2, so f = 3/4 and h = silu(x) / 4, which the norm turns into its sign.
  State state(1);
  const double x = 3, silu = x / (1 + std::exp(-x));
  CHECK(double(layer(Tensor({1, 1, 1}, {3}), state).item()) == doctest::Approx(silu).epsilon(1e-5));
  CHECK(double(state.get("h").item()) == doctest::Approx(silu / 4).epsilon(1e-6));
}

TEST_CASE("hgrn: fused equals composed, in parallel, in chunks and step by step, in every layer") {
  for (const int64_t at_layer : {0, 2}) {
    const Hgrn layer(Params(3), {.dim = 5, .expansion = 2, .layers = 3, .layer = at_layer});
    const Tensor projection = random_tensor({2, 7, 30}, 1, -3, 3), start = random_tensor({2, 10}, 2);
    CHECK(relative_error(layer.fused(projection, start), layer.composed(projection, start)) < (kDouble ? 1e-13 : 2e-6));
    check_mixer("hgrn", {.dim = 3, .expansion = 2, .layers = 3, .layer = at_layer});
  }
  check_mixer("hgrn", {.dim = 3, .options = {{"bias", true}}});
}

TEST_CASE("hgrn: the layers of a network share one parameter of bounds, and all of them give it a gradient") {
  const Params params(3);
  const Stack stack(params, {.mixer = "hgrn", .layers = 3, .dim = 4, .expansion = 2});
  CHECK(params.find("lower_bounds").tensor.shape() == Shape{3, 8});
  State state(2);
  const Tensor y = stack(random_tensor({2, 5, 4}, 1), state);
  backward({y}, {random_tensor({2, 5, 4}, 2)});
  const std::vector<real> gradient = params.find("lower_bounds").tensor.grad().values();
  for (const real each : gradient) CHECK(each != 0);
}

TEST_CASE("hgrn: a layer that the network does not have is refused") {
  const Hgrn layer(Params(3), {.dim = 4, .layers = 2, .layer = 2});
  State state(1);
  CHECK(error_of([&] {
          layer(Tensor::zeros({1, 1, 4}), state);
        }) == "hgrn_lower_bound: logits has shape [2, 4] and layer is 2, but (L, E) and 0 to L - 1 are needed");
}
