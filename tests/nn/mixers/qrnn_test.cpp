#include "../../../nn/mixers/qrnn.h"

#include "../mixers.h"

using namespace scangrad;

TEST_CASE("qrnn: two steps worked by hand") {
  const Params params(3);
  const Qrnn layer(params, {.dim = 1, .options = {{"bias", false}, {"to_out", false}}});
  REQUIRE(params.list().size() == 1);
  Tensor weight = params.list()[0].tensor;  // rows v, k, u; columns x[t], x[t-1]
  REQUIRE(weight.shape() == Shape{3, 2});
  weight.copy_from(Tensor({3, 2}, {0, 1, 0, 0, 0, 0}));
  // v is the step before, and both gates are 1/2: c = 0, then tanh(2) / 2. The result is half of c.
  State state(1);
  const Tensor y = layer(Tensor({1, 2, 1}, {2, 5}), state);
  CHECK(y.values()[0] == 0);
  CHECK(double(y.values()[1]) == doctest::Approx(std::tanh(2.0) / 4).epsilon(1e-6));
  CHECK(state.get("tail").values() == std::vector<real>{5});
  CHECK(double(state.get("h").item()) == doctest::Approx(std::tanh(2.0) / 2).epsilon(1e-6));
}

TEST_CASE("qrnn: fused equals composed, in parallel, in chunks and step by step, for every window") {
  const Qrnn layer(Params(3), {.dim = 5, .expansion = 2});
  const Tensor projection = random_tensor({2, 7, 30}, 1, -3, 3), start = random_tensor({2, 10}, 2);
  CHECK(relative_error(layer.fused(projection, start), layer.composed(projection, start)) < (kDouble ? 1e-13 : 2e-6));
  for (const int64_t window : {1, 2, 3})
    check_mixer("qrnn", {.dim = 3, .expansion = 2, .options = {{"window", window}}});
  check_mixer("qrnn", {.dim = 3, .options = {{"bias", false}, {"to_out", false}}});
}

TEST_CASE("qrnn: an empty window is refused") {
  CHECK(error_of([] {
          Qrnn(Params(1), {.options = {{"window", 0}}});
        }) == "qrnn: window is 0, but at least 1 is needed");
}
