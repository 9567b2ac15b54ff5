#include "../../../nn/mixers/attention.h"

#include "../mixers.h"

using namespace scangrad;

TEST_CASE("attention: a step worked by hand") {
  const Params params(1);
  const Attention layer(params, {.dim = 1});
  const auto set = [&](const std::string& name, std::vector<real> values) {
    Tensor tensor = params.find(name).tensor;
    tensor.copy_from(Tensor(tensor.shape(), values));
  };
  // Scores are 0, so that v = 2 x + 1 is averaged; out = 10 y.
  set("to_qkv.weight", {0, 1, 2});
  set("to_qkv.bias", {0, 0, 1});
  set("to_out.weight", {10});
  State state;
  CHECK(layer(Tensor({1, 2, 1}, {1, 2}), state).values() == std::vector<real>{30, 40});
  CHECK(state.get("keys_and_values").values() == std::vector<real>{1, 3, 2, 5});
  CHECK(state.get("length").values() == std::vector<real>{2});
  CHECK(layer(Tensor({1, 1, 1}, {6}), state).item() == doctest::Approx(70));
}

TEST_CASE("attention: steps without a graph extend the state in place, unless it was copied") {
  const Params params(1);
  const Attention layer(params, {.dim = 2});
  const NoGrad no_grad;
  State state;
  layer(random_tensor({1, 4, 2}, 1), state);
  layer(random_tensor({1, 1, 2}, 2), state);  // now there is room for a sixth step
  const real* const memory = state.get("keys_and_values").data();
  State other = state;
  const Tensor x = random_tensor({1, 1, 2}, 3), y = layer(x, other);
  CHECK(other.get("keys_and_values").data() != memory);
  other = State();
  CHECK(same_bits(layer(x, state), y));
  CHECK(state.get("keys_and_values").data() == memory);
}

TEST_CASE("attention: a state of an older version is refused") {
  const Params params(1);
  const Attention layer(params, {.dim = 1});
  State state;
  state["kv"] = Tensor::zeros({1, 1, 2});
  state["length"] = Tensor({1}, {1});
  CHECK(error_of([&] {
          layer(Tensor({1, 1, 1}, {6}), state);
        }) == "attention: the state has a length, but no keys_and_values: it is of a version before 0.2.0");
}

TEST_CASE("attention: heads agree in parallel, in chunks and step by step") {
  check_mixer("attention", {.dim = 6, .options = {{"heads", 3}}});
  check_mixer("attention", {.dim = 4, .dropout = 0.5, .options = {{"heads", 2}}});
}

TEST_CASE("attention: dropout acts in training only and repeats with its position") {
  const Attention layer(Params(3), {.dim = 8, .dropout = 0.4, .options = {{"heads", 2}}});
  const Tensor x = random_tensor({2, 5, 8}, 1);
  const auto run = [&](Rng* rng) {
    State state(2);
    return layer(x, state, {}, rng);
  };
  Rng one(1), same(1);
  const Tensor y = run(&one);
  CHECK(same_bits(run(&same), y));
  CHECK(!same_bits(run(&one), y));
  CHECK(same_bits(run(nullptr), run(nullptr)));
  const std::vector<real> values = y.values();
  CHECK(std::count(values.begin(), values.end(), real(0)) > 10);
}

TEST_CASE("attention: parameters are drawn as nanoGPT's") {
  const Params params(3);
  const Attention layer(params / "mixer", {.dim = 64, .layers = 8, .options = {{"heads", 4}}});
  const auto deviation = [&](const std::string& name) {
    const Tensor t = params.find(name).tensor;
    double sum = 0;
    for (int64_t i = 0; i < t.numel(); ++i) sum += double(t.data()[i]) * double(t.data()[i]);
    return std::sqrt(sum / double(t.numel()));
  };
  CHECK(deviation("mixer.to_qkv.weight") == doctest::Approx(0.02).epsilon(0.03));
  CHECK(deviation("mixer.to_out.weight") == doctest::Approx(0.005).epsilon(0.03));
  CHECK(deviation("mixer.to_qkv.bias") == 0);
  CHECK(deviation("mixer.to_out.bias") == 0);
  CHECK(params.count() == 192 * 65 + 64 * 65);
}

TEST_CASE("attention: errors name wrong sizes and options") {
  CHECK(error_of([] {
          Attention(Params(1), {.dim = 6, .options = {{"heads", 4}}});
        }) == "attention: heads is 4, but a divisor of dim, 6, is needed");
  CHECK(error_of([] { Attention(Params(1), {.dim = 6, .dropout = 1}); }) ==
        "attention: dropout is 1, but 0 to below 1 is needed");
  CHECK(error_of([] { Attention(Params(1), {.dim = 6, .layers = 0}); }) ==
        "attention: layers is 0, but at least 1 is needed");
}
