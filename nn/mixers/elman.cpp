#include "elman.h"

#include "../../ops/sequential/elman.h"

namespace scangrad::SCANGRAD_PRECISION {

Elman::Elman(const Params& params, const MixerConfig& config) : weights_(params, "elman", 1, config) {}

Tensor Elman::operator()(const Tensor& x, State& state, const Boundaries& at, Rng*) const {
  return weights_.run(elman, x, state, at);
}

}  // namespace scangrad::SCANGRAD_PRECISION
