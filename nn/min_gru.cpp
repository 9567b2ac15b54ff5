#include "min_gru.h"

#include "../core/check.h"
#include "../ops/activations.h"
#include "../ops/arithmetic.h"
#include "../ops/diagonal/boundary_scan.h"
#include "../ops/diagonal/log_scan.h"
#include "../ops/diagonal/min_gru_scan.h"
#include "../ops/slice.h"

namespace scangrad::SCANGRAD_PRECISION {

MinGru::MinGru(const Params& params, const MixerConfig& config)
    : config_(config),
      inner_(inner_channels("min_gru", config)),
      to_hidden_and_gate_(params / "to_hidden_and_gate", config.dim, 2 * inner_, {config.bias, Role::kGate}),
      to_out_(params / "to_out", inner_, config.dim, {.bias = config.bias, .identity = !config.to_out}) {
  check(config.space == Space::kLinear || config.candidate == Candidate::kG,
        "min_gru: candidate identity in log space, but log space needs positive states: candidate g");
  if (config.learned_h0) h0_ = params.tensor("h0", {inner_}, normal_init(1), {.role = Role::kState});
}

Tensor MinGru::operator()(const Tensor& x, State& state, const Boundaries& at, Rng*) const {
  const Tensor projection = to_hidden_and_gate_(x);
  const Tensor fresh = h0_.defined() ? positive_g(h0_) : Tensor();
  const Tensor start = start_states(state["h"], fresh, at, x.size(0), x.size(1));
  const Tensor h = config_.space == Space::kLinear ? min_gru_scan(projection, start, config_.candidate, at)
                                                   : composed(projection, start, at);
  state["h"] = last_states(h, start, at);
  return to_out_(h);
}

Tensor MinGru::composed(const Tensor& projection, const Tensor& start, const Boundaries& at) const {
  const Tensor v = slice(projection, 2, 0, inner_);
  const Tensor k = slice(projection, 2, inner_, 2 * inner_);
  if (config_.space == Space::kLog) {
    const Tensor log_z = scale(softplus(scale(k, -1)), -1);
    const Tensor log_a = scale(softplus(k), -1);
    return exp(log_scan(log_a, add(log_z, log_g(v)), start, LogForm::kSequential, at));
  }
  const Tensor z = sigmoid(k);
  const Tensor c = config_.candidate == Candidate::kG ? positive_g(v) : v;
  return boundary_scan(sigmoid(scale(k, -1)), multiply(z, c), start, at);  // scan.h with boundaries
}

}  // namespace scangrad::SCANGRAD_PRECISION
