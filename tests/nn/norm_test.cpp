#include "../../nn/norm.h"

#include "../../ops/layer_norm.h"
#include "../../ops/rms_norm.h"
#include "modules.h"

using namespace scangrad;

TEST_CASE("norm: both have unit scale at the start, and right gradients") {
  for (const int64_t dim : {3, 17}) {
    const Params params(2);
    const RmsNorm rms(params / "rms", dim);
    const LayerNorm layer(params / "layer", dim);
    const Tensor x = leaf(random_tensor({2, 3, dim}, 1, 1, 4));
    const Tensor y = rms(x), z = layer(x);
    for (int64_t row = 0; row < 6; ++row) {
      double squares = 0, sum = 0;
      for (int64_t i = 0; i < dim; ++i) {
        squares += std::pow(double(y.data()[row * dim + i]), 2);
        sum += double(z.data()[row * dim + i]);
      }
      CHECK(squares == doctest::Approx(double(dim)).epsilon(1e-5));
      CHECK(sum == doctest::Approx(0).epsilon(1e-4));
    }
    CHECK(check_gradients(params, [&] { return rms(x); }, {x}) < kGradTolerance);
    CHECK(check_gradients(params, [&] { return layer(x); }, {x}) < kGradTolerance);
  }
}

TEST_CASE("norm: each is its op on its parameters, the first with 1 + gamma and without eps") {
  const Params params(2);
  const RmsNorm rms(params / "rms", 5);
  const LayerNorm layer(params / "layer", 5);
  for (const Param& param : params.list())
    for (int64_t i = 0; i < 5; ++i) Tensor(param.tensor).mutable_data()[i] += real(0.1) * real(i + 1);
  const auto p = [&](const std::string& name) { return params.find(name).tensor; };
  const Tensor x = random_tensor({2, 3, 5}, 1);
  CHECK(same_bits(rms(x), rms_norm(x, p("rms.gamma"), {.eps = 0, .offset = 1})));
  CHECK(same_bits(layer(x), layer_norm(x, p("layer.weight"), p("layer.bias"), real(1e-5))));
  CHECK(params.find("rms.gamma").role == Role::kNorm);
  CHECK(params.find("layer.weight").role == Role::kNorm);
  CHECK(params.find("layer.bias").role == Role::kNorm);
}

TEST_CASE("norm: wrong sizes are named") {
  const RmsNorm rms(Params(1), 3);
  const LayerNorm layer(Params(1), 3);
  CHECK(error_of([&] { rms(Tensor::zeros({2, 4})); }) == "rms_norm: weight has shape [3], but [4] is needed");
  CHECK(error_of([&] { layer(Tensor::zeros({2, 4})); }) == "layer_norm: weight has shape [3], but [4] is needed");
}

TEST_CASE("norm: no channels are refused") {
  CHECK(error_of([] { RmsNorm(Params(1), 0); }) == "norm: dim is 0, but at least 1 is needed");
  CHECK(error_of([] { LayerNorm(Params(1), 0); }) == "norm: dim is 0, but at least 1 is needed");
}
