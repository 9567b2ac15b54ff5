#include "elman.h"

#include "../ops/elman.h"

namespace scangrad::inline SCANGRAD_PRECISION {

Elman::Elman(const Params& params, const MixerConfig& config)
    : weights_(params, 1, config.dim, inner_channels("elman", config)) {
  const int64_t inner = weights_.weight_hh.size(1);
  if (inner != config.dim) to_out_.emplace(params / "to_out", inner, config.dim);
}

Tensor Elman::operator()(const Tensor& x, State& state, const Boundaries& at, Rng*) const {
  const Tensor projection = weights_.project(x);
  const Tensor start = start_states(state["h"], {}, at, x.size(0), x.size(1));
  const Tensor h = elman(projection, weights_.weight_hh, weights_.bias_hh, start, at);
  state["h"] = last_states(h, start, at);
  return to_out_ ? (*to_out_)(h) : h;
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
