#include "causal_conv.h"

#include "../core/autograd.h"
#include "../core/check.h"
#include "../ops/causal_conv.h"

namespace scangrad::inline SCANGRAD_PRECISION {

DepthwiseConv::DepthwiseConv(const Params& params, int64_t dim, int64_t kernel) {
  check(kernel >= 1, "causal_conv: kernel is {}, but at least 1 is needed", kernel);
  weight_ = params.tensor("weight", {kernel, dim}, fan_in_init(kernel));
  bias_ = params.tensor("bias", {dim}, fan_in_init(kernel), {.role = Role::kBias});
}

Tensor DepthwiseConv::operator()(const Tensor& x, State& state, const Boundaries& at) const {
  Tensor& tail = state["tail"];
  // What follows needs y in backward, where it is quickly made again.
  const auto make = [x = Saved(x), weight = Saved(weight_), bias = Saved(bias_), tail = Saved(tail), at] {
    return causal_conv(x.get(), weight.get(), bias.get(), tail.get(), at);
  };
  const Tensor y = rematerialize(causal_conv(x, weight_, bias_, tail, at), make);
  tail = conv_tail(x, tail, weight_.size(0), at);
  return y;
}

CausalConv::CausalConv(const Params& params, int64_t dim, int64_t kernel)
    : pointwise_(params / "pointwise", dim, dim), depthwise_(params / "depthwise", dim, kernel) {}

Tensor CausalConv::operator()(const Tensor& x, State& state, const Boundaries& at) const {
  return pointwise_(depthwise_(x, state, at));
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
