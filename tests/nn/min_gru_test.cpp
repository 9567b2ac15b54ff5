#include "../../nn/min_gru.h"

#include "../../ops/activations.h"
#include "../../ops/affine.h"
#include "../../ops/diagonal/min_gru_scan.h"
#include "mixers.h"

using namespace scangrad;

TEST_CASE("min_gru: a step worked by hand") {
  const Params params(1);
  const MinGru layer(params, {.dim = 1, .options = {{"learned_h0", false}}});
  const auto set = [&](const std::string& name, std::vector<real> values) {
    Tensor tensor = params.find(name).tensor;
    tensor.copy_from(Tensor(tensor.shape(), values));
  };
  // v = x, k = 0: z = 1/2, c = g(1.5) = 2; out = 10 h + 1.
  set("to_hidden_and_gate.weight", {1, 0});
  set("to_hidden_and_gate.bias", {0, 0});
  set("to_out.weight", {10});
  set("to_out.bias", {1});
  State state;
  CHECK(layer(Tensor({1, 1, 1}, {real(1.5)}), state).item() == 11);
  CHECK(state.get("h").item() == 1);
  CHECK(layer(Tensor({1, 1, 1}, {real(1.5)}), state).item() == 16);
}

TEST_CASE("min_gru: every form is one function, fused, composed and through logarithms") {
  for (const Candidate candidate : {Candidate::kG, Candidate::kIdentity}) {
    const MinGru layer(Params(3), {.dim = 5, .expansion = 2, .options = {{"candidate", candidate}}});
    const Tensor projection = random_tensor({2, 7, 20}, 1, -3, 3), start = random_tensor({2, 10}, 2, 0, 1);
    const Tensor fused = min_gru_scan(projection, start, candidate);
    const double tolerance = kDouble ? 1e-13 : 2e-6;
    CHECK(relative_error(fused, layer.composed(projection, start)) < tolerance);
    if (candidate == Candidate::kIdentity) continue;
    const MinGru log_layer(Params(3), {.dim = 5, .expansion = 2, .options = {{"space", Space::kLog}}});
    CHECK(relative_error(fused, log_layer.composed(projection, start)) < tolerance);
  }
}

TEST_CASE("min_gru: log space and candidate identity agree in parallel, in chunks and step by step") {
  check_mixer("mingru", {.dim = 3, .expansion = 2, .options = {{"space", Space::kLog}}});
  check_mixer("mingru", {.dim = 3, .options = {{"space", Space::kLog}, {"learned_h0", false}}});
  check_mixer("mingru", {.dim = 3, .expansion = 2, .options = {{"candidate", Candidate::kIdentity}}});
}

TEST_CASE("min_gru: a sequence starts from g of the learned state") {
  const Params params(3);
  const MinGru layer(params, {.dim = 2});
  Tensor bias = params.find("to_hidden_and_gate.bias").tensor;
  bias.copy_from(Tensor({4}, {0, 0, -300, -300}));  // gates closed: the state stays
  State state;
  layer(Tensor::zeros({1, 1, 2}), state);
  CHECK(relative_error(state.get("h").reshape({2}), positive_g(params.find("h0").tensor)) < 1e-6);
}

TEST_CASE("min_gru: parameters have the released code's names, shapes and count") {
  const Params params(3);
  const MinGru layer(params / "mixer", {.dim = 64, .expansion = 4});
  CHECK(params.find("mixer.to_hidden_and_gate.weight").tensor.shape() == Shape{512, 64});
  CHECK(params.find("mixer.to_out.weight").tensor.shape() == Shape{64, 256});
  CHECK(params.find("mixer.to_hidden_and_gate.bias").role == Role::kGate);
  CHECK(params.find("mixer.h0").role == Role::kState);
  CHECK(params.count() == 512 * 65 + 64 * 257 + 256);
}

TEST_CASE("min_gru: without biases and without to_out, the only parameter is one projection") {
  const Params params(3);
  const MinGru layer(params, {.dim = 3, .options = {{"learned_h0", false}, {"bias", false}, {"to_out", false}}});
  REQUIRE(params.list().size() == 1);
  const Tensor x = random_tensor({2, 4, 3}, 1);
  State state(2);
  const Tensor h = layer(x, state);
  CHECK(same_bits(h, min_gru_scan(affine(x, params.find("to_hidden_and_gate.weight").tensor), {})));
  check_mixer("mingru", {.dim = 3, .options = {{"learned_h0", false}, {"bias", false}, {"to_out", false}}});
  check_mixer("mingru", {.dim = 3, .expansion = 2, .options = {{"bias", false}}});
  CHECK(error_of([] {
          MinGru(Params(1), {.dim = 3, .expansion = 2, .options = {{"to_out", false}}});
        }) == "linear: an identity from 6 channels to 3, but as many are needed");
}

TEST_CASE("min_gru: candidate identity in log space is refused") {
  CHECK(error_of([] {
          MinGru(Params(1), {.options = {{"candidate", Candidate::kIdentity}, {"space", Space::kLog}}});
        }) == "min_gru: candidate identity in log space, but log space needs positive states: candidate g");
  CHECK(error_of([] {
          State state(2);
          MinGru(Params(1), {.dim = 3})(Tensor::zeros({2, 5, 4}), state);
        }) == "affine: x has shape [2, 5, 4], but weight has [6, 3] and needs (..., 3)");
}
