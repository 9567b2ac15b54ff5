#include "causal_conv.h"

#include <cmath>

#include "../core/check.h"
#include "../ops/causal_conv.h"

namespace scangrad::inline SCANGRAD_PRECISION {

CausalConv::CausalConv(const Params& params, int64_t dim, int64_t kernel) : pointwise_(params / "pointwise", dim, dim) {
  check(kernel >= 1, "causal_conv: kernel is {}, but at least 1 is needed", kernel);
  const Init init = uniform_init(static_cast<real>(1 / std::sqrt(static_cast<double>(kernel))));
  weight_ = (params / "depthwise").tensor("weight", {kernel, dim}, init);
  bias_ = (params / "depthwise").tensor("bias", {dim}, init, {.role = Role::kBias});
}

Tensor CausalConv::operator()(const Tensor& x, State& state, const Boundaries& at) const {
  Tensor& tail = state["tail"];
  const Tensor y = causal_conv(x, weight_, bias_, tail, at);
  tail = conv_tail(x, tail, weight_.size(0), at);
  return pointwise_(y);
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
