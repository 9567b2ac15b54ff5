#include "min_gru.h"

#include "../ops/activations.h"
#include "../ops/arithmetic.h"
#include "../ops/diagonal/boundary_scan.h"
#include "../ops/diagonal/log_scan.h"
#include "../ops/diagonal/min_gru_scan.h"

namespace scangrad::SCANGRAD_PRECISION {

OptionList MinGru::options() {
  return together({candidate_options(), layer_options()});
}

MinGru::MinGru(const Params& params, const MixerConfig& config)
    : DiagonalLayer(params, "min_gru", /*parts=*/2, config, options()) {}

Tensor MinGru::fused(const Tensor& projection, const Tensor& start, const Boundaries& at) const {
  return min_gru_scan(projection, start, candidate_, at);
}

// The same by plain ops: this is minGRU.
Tensor MinGru::composed(const Tensor& projection, const Tensor& start, const Boundaries& at) const {
  const Tensor v = part(projection, 0), k = part(projection, 1);
  if (space_ == Space::kLinear) {
    const Tensor z = sigmoid(k), keep = sigmoid(scale(k, -1));                 // keep = 1 - z with all its digits
    return boundary_scan(keep, multiply(z, through_candidate(v)), start, at);  // scan.h with boundaries
  }
  const Tensor log_z = scale(softplus(scale(k, -1)), -1), log_keep = scale(softplus(k), -1);
  return exp(log_scan(log_keep, add(log_z, log_g(v)), start, LogForm::kSequential, at));
}

}  // namespace scangrad::SCANGRAD_PRECISION
