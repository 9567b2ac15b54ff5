#include "causal_conv.h"

#include "../core/check.h"
#include "../core/saved.h"
#include "../ops/convolution/causal_conv.h"

namespace scangrad::SCANGRAD_PRECISION {

DepthwiseConv::DepthwiseConv(const Params& params, int64_t dim, int64_t kernel) {
  check(kernel >= 1, "causal_conv: kernel is {}, but at least 1 is needed", kernel);
  weight_ = params.tensor("weight", {kernel, dim}, fan_in_init(kernel));
  bias_ = params.tensor("bias", {dim}, fan_in_init(kernel), {.role = Role::kBias});
}

Tensor DepthwiseConv::operator()(const Tensor& x, State& state, const Boundaries& at) const {
  Tensor& tail = state["tail"];
  const auto conv = [at](const std::vector<Tensor>& in) { return causal_conv(in[0], in[1], in[2], in[3], at); };
  const Tensor y = rematerialized(conv, {x, weight_, bias_, tail});  // what follows needs it in backward
  tail = conv_tail(x, tail, weight_.size(0), at);
  return y;
}

CausalConv::CausalConv(const Params& params, int64_t dim, int64_t kernel)
    : pointwise_(params / "pointwise", dim, dim), depthwise_(params / "depthwise", dim, kernel) {}

Tensor CausalConv::operator()(const Tensor& x, State& state, const Boundaries& at) const {
  return pointwise_(depthwise_(x, state, at));
}

}  // namespace scangrad::SCANGRAD_PRECISION
