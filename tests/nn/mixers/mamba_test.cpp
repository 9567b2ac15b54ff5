#include "../../../nn/mixers/mamba.h"

#include "../mixers.h"

using namespace scangrad;

TEST_CASE("mamba: a step worked by hand") {
  const Params params(1);
  const Mamba layer(params, {.dim = 1, .options = {{"states", 1}}});
  const auto set = [&](const std::string& name, const std::vector<real>& values) {
    Tensor tensor = params.find(name).tensor;
    tensor.copy_from(Tensor(tensor.shape(), values));
  };
  // The convolution takes the step before the last, 3 x, and silu(3 x) = 3 x for large x. delta = 1, a = 1/2.
  set("in_proj.weight", {1, 1});
  set("conv.weight", {0, 0, 3, 0});
  set("conv.bias", {0});
  set("x_proj.weight", {0, 1, 1});  // B = C = x
  set("dt_proj.weight", {1});
  set("dt_proj.bias", {std::log(std::exp(real(1)) - 1)});
  set("A_log", {std::log(std::log(real(2)))});
  set("D", {5});
  set("out_proj.weight", {2});
  // At steps 0 and 1 the convolution gives 0 and 300: h = 300^2, y = 300 h + 5 * 300, times z = 100 and 2.
  State state;
  const Tensor x({1, 2, 1}, {100, 100});
  const real y = 300 * real(9e4) + 1500;
  CHECK(relative_error(layer(x, state), Tensor({1, 2, 1}, {0, y * 100 * 2})) < 1e-5);
  CHECK(relative_error(state.get("h"), Tensor({1, 1, 1}, {9e4})) < 1e-5);
  CHECK(state.get("tail").values() == std::vector<real>{0, 100, 100});
  // Then 300 again: h = 9e4 / 2 + 9e4.
  CHECK(relative_error(layer(Tensor({1, 1, 1}, {100}), state), Tensor({1, 1, 1}, {(300 * real(1.35e5) + 1500) * 200})) <
        1e-5);
}

TEST_CASE("mamba: a whole sequence, chunks and steps agree with one state too") {
  check_mixer("mamba", {.dim = 3, .expansion = 2, .options = {{"states", 1}}});
}

TEST_CASE("mamba: gradients equal central differences where the state matters, with a rank above one") {
  const Params params(5);
  const Mamba layer(params, {.dim = 17, .options = {{"states", 5}}});
  // At the start steps are short, and B and C small: what the state adds would drown in the differences' rounding.
  Tensor bias = params.find("dt_proj.bias").tensor, projection = params.find("x_proj.weight").tensor;
  bias.copy_from(Tensor::zeros(bias.shape()));
  projection.copy_from(random_tensor(projection.shape(), 1, -2, 2));
  const Tensor x = leaf(random_tensor({2, 4, 17}, 2, -2, 2));
  const auto f = [&] {
    State state(2);
    return layer(x, state);
  };
  CHECK(check_gradients(params, f, {x}) < (kDouble ? 1e-7 : 5e-2));
}

TEST_CASE("mamba: parameters have the released code's names, shapes, count and start") {
  const Params params(3);
  const Mamba layer(params / "mixer", {.dim = 64, .expansion = 2, .layers = 4});
  const auto shape = [&](const std::string& name) { return params.find("mixer." + name).tensor.shape(); };
  CHECK(shape("in_proj.weight") == Shape{256, 64});
  CHECK(shape("conv.weight") == Shape{4, 128});
  CHECK(shape("x_proj.weight") == Shape{36, 128});
  CHECK(shape("dt_proj.weight") == Shape{128, 4});
  CHECK(shape("A_log") == Shape{128, 16});
  CHECK(shape("out_proj.weight") == Shape{64, 128});
  CHECK(params.count() == 32'640);
  for (const char* name : {"mixer.A_log", "mixer.D"}) CHECK(!params.find(name).decay);

  const auto values = [&](const std::string& name) { return params.find("mixer." + name).tensor.values(); };
  for (const real v : values("D")) CHECK(v == 1);
  for (size_t n = 0; n < 16; ++n) CHECK(values("A_log")[16 + n] == std::log(real(n + 1)));
  real shortest = 1, longest = 0, largest = 0;
  for (const real v : values("dt_proj.bias")) {
    const real step = std::log1p(std::exp(v));
    shortest = std::min(shortest, step);
    longest = std::max(longest, step);
  }
  CHECK(shortest > real(0.00099));
  CHECK(shortest < real(0.002));
  CHECK(longest < real(0.1001));
  CHECK(longest > real(0.05));
  for (const real v : values("out_proj.weight")) largest = std::max(largest, std::abs(v));
  CHECK(largest < real(1 / std::sqrt(128.0) / 2));
  CHECK(largest > real(0.95 / std::sqrt(128.0) / 2));
}

TEST_CASE("mamba: sizes below one are refused") {
  CHECK(error_of([] {
          Mamba(Params(1), {.options = {{"states", 0}}});
        }) == "mamba: states is 0, but at least 1 is needed");
  CHECK(error_of([] { Mamba(Params(1), {.layers = 0}); }) == "mamba: layers is 0, but at least 1 is needed");
}
