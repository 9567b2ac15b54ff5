#include "../../nn/gru.h"

#include "../../ops/affine.h"
#include "../../ops/gru.h"
#include "modules.h"

using namespace scangrad;

TEST_CASE("gru: parameters have PyTorch's names and shapes, and a way back to dim where they need one") {
  const Params same(1), wider(1);
  const Gru layer(same / "mixer", {.dim = 6});
  CHECK(same.find("mixer.weight_ih_l0").tensor.shape() == Shape{3 * 6, 6});
  CHECK(same.find("mixer.weight_hh_l0").tensor.shape() == Shape{3 * 6, 6});
  CHECK(same.find("mixer.bias_ih_l0").tensor.shape() == Shape{3 * 6});
  CHECK(same.find("mixer.bias_hh_l0").tensor.shape() == Shape{3 * 6});
  CHECK(same.list().size() == 4);
  const Gru wide(wider, {.dim = 6, .expansion = 1.5});
  CHECK(wider.find("weight_ih_l0").tensor.shape() == Shape{3 * 9, 6});
  CHECK(wider.find("weight_hh_l0").tensor.shape() == Shape{3 * 9, 9});
  CHECK(wider.find("to_out.weight").tensor.shape() == Shape{6, 9});
  for (const Param& param : same.list())
    for (const real value : param.tensor.values()) CHECK(std::abs(double(value)) <= 1 / std::sqrt(6.0));
}

TEST_CASE("gru: the layer is the projection and the loop") {
  const Params params(1);
  const Gru layer(params, {.dim = 6});
  const auto get = [&](const char* name) { return params.find(name).tensor; };
  const Tensor x = random_tensor({2, 5, 6}, 1);
  State state(2);
  const Tensor p = affine(x, get("weight_ih_l0"), get("bias_ih_l0"));
  CHECK(same_bits(layer(x, state), gru(p, get("weight_hh_l0"), get("bias_hh_l0"))));
}
