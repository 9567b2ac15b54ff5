// What Elman, GRU and LSTM layers have to show, next to what every mixer does.
#pragma once

#include <functional>

#include "../../../nn/mixer.h"
#include "../../../ops/affine.h"
#include "../modules.h"

namespace scangrad::SCANGRAD_PRECISION {

// Parameters have PyTorch's names and shapes, and a way back to dim where they need one.
template <class Layer>
void check_recurrent_parameters(int64_t gates) {
  const Params same(1), wider(1);
  const Layer layer(same / "mixer", {.dim = 6});
  CHECK(same.find("mixer.weight_ih_l0").tensor.shape() == Shape{gates * 6, 6});
  CHECK(same.find("mixer.weight_hh_l0").tensor.shape() == Shape{gates * 6, 6});
  CHECK(same.find("mixer.bias_ih_l0").tensor.shape() == Shape{gates * 6});
  CHECK(same.find("mixer.bias_hh_l0").tensor.shape() == Shape{gates * 6});
  CHECK(same.list().size() == 4);
  const Layer wide(wider, {.dim = 6, .expansion = 1.5});
  CHECK(wider.find("weight_ih_l0").tensor.shape() == Shape{gates * 9, 6});
  CHECK(wider.find("weight_hh_l0").tensor.shape() == Shape{gates * 9, 9});
  CHECK(wider.find("to_out.weight").tensor.shape() == Shape{6, 9});
  for (const Param& param : same.list())
    for (const real value : param.tensor.values()) CHECK(std::abs(double(value)) <= 1 / std::sqrt(6.0));
}

// The layer is the projection and the loop.
using Loop = std::function<Tensor(const Tensor& projection, const Tensor& weight, const Tensor& bias)>;
template <class Layer>
void check_recurrent_layer(const Loop& loop) {
  const Params params(1);
  const Layer layer(params, {.dim = 6});
  const auto get = [&](const char* name) { return params.find(name).tensor; };
  const Tensor x = random_tensor({2, 5, 6}, 1);
  State state(2);
  const Tensor p = affine(x, get("weight_ih_l0"), get("bias_ih_l0"));
  CHECK(same_bits(layer(x, state), loop(p, get("weight_hh_l0"), get("bias_hh_l0"))));
}

}  // namespace scangrad::SCANGRAD_PRECISION
