#include "gru.h"

#include "../../ops/sequential/gru.h"

namespace scangrad::SCANGRAD_PRECISION {

Gru::Gru(const Params& params, const MixerConfig& config) : weights_(params, "gru", 3, config) {}

Tensor Gru::operator()(const Tensor& x, State& state, const Boundaries& at, Rng*) const {
  return weights_.run(gru, x, state, at);
}

}  // namespace scangrad::SCANGRAD_PRECISION
