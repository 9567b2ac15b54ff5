#include "lstm.h"

#include "../../ops/sequential/lstm.h"

namespace scangrad::SCANGRAD_PRECISION {

Lstm::Lstm(const Params& params, const MixerConfig& config) : weights_(params, "lstm", 4, config) {}

Tensor Lstm::operator()(const Tensor& x, State& state, const Boundaries& at, Rng*) const {
  const Tensor projection = weights_.project(x);
  const LstmStates starts{start_states(state["h"], {}, at, x.size(0), x.size(1)),
                          start_states(state["c"], {}, at, x.size(0), x.size(1))};
  const LstmStates states = lstm(projection, weights_.weight_hh, weights_.bias_hh, starts, at);
  state["h"] = last_states(states.h, starts.h, at);
  state["c"] = last_states(states.c, starts.c, at);
  return weights_.to_dim(states.h);
}

}  // namespace scangrad::SCANGRAD_PRECISION
