#include "norm.h"

#include "../core/autograd.h"
#include "../core/check.h"
#include "../ops/layer_norm.h"
#include "../ops/rms_norm.h"

namespace scangrad::inline SCANGRAD_PRECISION {

RmsNorm::RmsNorm(const Params& params, int64_t dim) {
  check(dim >= 1, "norm: dim is {}, but at least 1 is needed", dim);
  gamma_ = params.tensor("gamma", {dim}, constant_init(0), {.role = Role::kNorm});
}

Tensor RmsNorm::operator()(const Tensor& x) const {
  const RmsNormOptions options{.eps = 0, .offset = 1};
  return rematerialize(rms_norm(x, gamma_, options), [x = Saved(x), gamma = Saved(gamma_), options] {
    return rms_norm(x.get(), gamma.get(), options);
  });
}

LayerNorm::LayerNorm(const Params& params, int64_t dim) {
  check(dim >= 1, "norm: dim is {}, but at least 1 is needed", dim);
  weight_ = params.tensor("weight", {dim}, constant_init(1), {.role = Role::kNorm});
  bias_ = params.tensor("bias", {dim}, constant_init(0), {.role = Role::kNorm});
}

Tensor LayerNorm::operator()(const Tensor& x) const {
  return rematerialize(layer_norm(x, weight_, bias_), [x = Saved(x), weight = Saved(weight_), bias = Saved(bias_)] {
    return layer_norm(x.get(), weight.get(), bias.get());
  });
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
