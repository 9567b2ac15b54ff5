#include "recurrent_weights.h"

#include "../../ops/affine.h"

namespace scangrad::SCANGRAD_PRECISION {

RecurrentWeights::RecurrentWeights(const Params& params, int64_t gates, int64_t in, int64_t hidden) {
  const Init init = fan_in_init(hidden);
  weight_ih = params.tensor("weight_ih_l0", {gates * hidden, in}, init);
  weight_hh = params.tensor("weight_hh_l0", {gates * hidden, hidden}, init);
  bias_ih = params.tensor("bias_ih_l0", {gates * hidden}, init, {.role = Role::kBias});
  bias_hh = params.tensor("bias_hh_l0", {gates * hidden}, init, {.role = Role::kBias});
}

RecurrentWeights::RecurrentWeights(const Params& params, const std::string& unit, int64_t gates,
                                   const MixerConfig& config)
    : RecurrentWeights(params, gates, config.dim, inner_channels(unit, config)) {
  complete(unit, {}, config.options);  // there are none
  const int64_t hidden = weight_hh.size(1);
  if (hidden != config.dim) to_out.emplace(params / "to_out", hidden, config.dim);
}

Tensor RecurrentWeights::project(const Tensor& x) const {
  return affine(x, weight_ih, bias_ih);
}

Tensor RecurrentWeights::to_dim(const Tensor& h) const {
  return to_out ? (*to_out)(h) : h;
}

Tensor RecurrentWeights::run(OneStateLoop loop, const Tensor& x, State& state, const Boundaries& at) const {
  const Tensor projection = project(x);
  const Tensor start = start_states(state["h"], {}, at, x.size(0), x.size(1));
  const Tensor h = loop(projection, weight_hh, bias_hh, start, at);
  state["h"] = last_states(h, start, at);
  return to_dim(h);
}

}  // namespace scangrad::SCANGRAD_PRECISION
