#include "norm.h"

#include "../core/check.h"
#include "../core/saved.h"
#include "../ops/layer_norm.h"
#include "../ops/rms_norm.h"

namespace scangrad::inline SCANGRAD_PRECISION {

RmsNorm::RmsNorm(const Params& params, int64_t dim) {
  check(dim >= 1, "norm: dim is {}, but at least 1 is needed", dim);
  gamma_ = params.tensor("gamma", {dim}, constant_init(0), {.role = Role::kNorm});
}

Tensor RmsNorm::operator()(const Tensor& x) const {
  return rematerialized([](const std::vector<Tensor>& in) { return rms_norm(in[0], in[1], {.eps = 0, .offset = 1}); },
                        {x, gamma_});
}

LayerNorm::LayerNorm(const Params& params, int64_t dim) {
  check(dim >= 1, "norm: dim is {}, but at least 1 is needed", dim);
  weight_ = params.tensor("weight", {dim}, constant_init(1), {.role = Role::kNorm});
  bias_ = params.tensor("bias", {dim}, constant_init(0), {.role = Role::kNorm});
}

Tensor LayerNorm::operator()(const Tensor& x) const {
  return rematerialized([](const std::vector<Tensor>& in) { return layer_norm(in[0], in[1], in[2]); },
                        {x, weight_, bias_});
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
