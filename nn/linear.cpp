#include "linear.h"

#include "../core/check.h"
#include "../ops/affine.h"

namespace scangrad::SCANGRAD_PRECISION {

Linear::Linear(const Params& params, int64_t in, int64_t out, const LinearOptions& options) {
  check(in >= 1 && out >= 1, "linear: {} channels in and {} out, but at least 1 of each is needed", in, out);
  check(!options.identity || in == out, "linear: an identity from {} channels to {}, but as many are needed", in, out);
  if (options.identity) return;
  const bool normal = options.stddev > 0;
  const Init uniform = fan_in_init(in);
  const Init init = normal ? normal_init(static_cast<real>(options.stddev)) : uniform;
  weight_ = params.tensor("weight", {out, in}, init, {.role = options.role});
  const Role bias_role = options.role == Role::kGate ? Role::kGate : Role::kBias;
  if (options.bias) bias_ = params.tensor("bias", {out}, normal ? constant_init(0) : uniform, {.role = bias_role});
}

Tensor Linear::operator()(const Tensor& x) const {
  return weight_.defined() ? affine(x, weight_, bias_) : x;
}

}  // namespace scangrad::SCANGRAD_PRECISION
