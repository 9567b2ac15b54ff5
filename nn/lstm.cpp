#include "lstm.h"

#include "../ops/lstm.h"

namespace scangrad::inline SCANGRAD_PRECISION {

Lstm::Lstm(const Params& params, const MixerConfig& config)
    : weights_(params, 4, config.dim, inner_channels("lstm", config)) {
  const int64_t inner = weights_.weight_hh.size(1);
  if (inner != config.dim) to_out_.emplace(params / "to_out", inner, config.dim);
}

Tensor Lstm::operator()(const Tensor& x, State& state, const Boundaries& at, Rng*) const {
  const Tensor projection = weights_.project(x);
  const LstmStates starts{start_states(state["h"], {}, at, x.size(0), x.size(1)),
                          start_states(state["c"], {}, at, x.size(0), x.size(1))};
  const LstmStates states = lstm(projection, weights_.weight_hh, weights_.bias_hh, starts, at);
  state["h"] = last_states(states.h, starts.h, at);
  state["c"] = last_states(states.c, starts.c, at);
  return to_out_ ? (*to_out_)(states.h) : states.h;
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
