#include "recurrent_weights.h"

#include "../ops/affine.h"

namespace scangrad::inline SCANGRAD_PRECISION {

RecurrentWeights::RecurrentWeights(const Params& params, int64_t gates, int64_t in, int64_t hidden) {
  const Init init = fan_in_init(hidden);
  weight_ih = params.tensor("weight_ih_l0", {gates * hidden, in}, init);
  weight_hh = params.tensor("weight_hh_l0", {gates * hidden, hidden}, init);
  bias_ih = params.tensor("bias_ih_l0", {gates * hidden}, init, {.role = Role::kBias});
  bias_hh = params.tensor("bias_hh_l0", {gates * hidden}, init, {.role = Role::kBias});
}

Tensor RecurrentWeights::project(const Tensor& x) const {
  return affine(x, weight_ih, bias_ih);
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
