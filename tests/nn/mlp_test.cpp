#include "../../nn/mlp.h"

#include "../../ops/activations.h"
#include "../../ops/affine.h"
#include "../../ops/geglu.h"
#include "modules.h"

using namespace scangrad;

TEST_CASE("mlp: is two layers with a gelu between, and has right gradients") {
  const Params params(2);
  const Mlp mlp(params, 3, 5);
  const Tensor x = leaf(random_tensor({2, 2, 3}, 1));
  const auto p = [&](const std::string& name) { return params.find(name).tensor; };
  const Tensor hidden = gelu(affine(x, p("to_hidden.weight"), p("to_hidden.bias")));
  CHECK(same_bits(mlp(x), affine(hidden, p("to_out.weight"), p("to_out.bias"))));
  CHECK(check_gradients(params, [&] { return mlp(x); }, {x}) < kGradTolerance);
}

TEST_CASE("mlp: the gated kind equals its formula and has right gradients") {
  const Params params(2);
  const Mlp mlp(params, 3, 5, 0, MlpKind::kGeglu);
  const auto p = [&](const std::string& name) { return params.find(name).tensor; };
  CHECK(p("mult_bias").values() == std::vector<real>(5, 1));
  CHECK(params.find("mult_bias").role == Role::kBias);
  p("mult_bias").copy_from(random_tensor({5}, 3));
  const Tensor x = leaf(random_tensor({2, 2, 3}, 1));
  const Tensor hidden = geglu(affine(x, p("to_hidden.weight"), p("to_hidden.bias")), p("mult_bias"));
  CHECK(same_bits(mlp(x), affine(hidden, p("to_out.weight"), p("to_out.bias"))));
  CHECK(check_gradients(params, [&] { return mlp(x); }, {x}) < kGradTolerance);
}

TEST_CASE("mlp: dropout acts in training only") {
  const Mlp mlp(Params(2), 3, 5, real(0.5));
  const Tensor x = random_tensor({4, 3}, 1);
  Rng rng(1), copy(1);
  const Tensor trained = mlp(x, &rng);
  CHECK(!same_bits(trained, mlp(x)));
  CHECK(same_bits(trained, mlp(x, &copy)));
  CHECK(rng.offset() == 12);
}

TEST_CASE("mlp: errors name wrong sizes") {
  CHECK(error_of([] { Mlp(Params(1), 3, 0); }) == "linear: 3 channels in and 0 out, but at least 1 of each is needed");
  CHECK(error_of([] { Mlp(Params(1), 3, 5, 1); }) == "mlp: dropout is 1, but 0 to below 1 is needed");
}
