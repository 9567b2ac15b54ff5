#include "min_lstm.h"

#include "../../core/check.h"
#include "../../ops/activations.h"
#include "../../ops/arithmetic.h"
#include "../../ops/diagonal/boundary_scan.h"
#include "../../ops/diagonal/log_scan.h"
#include "../../ops/slice.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// softplus(-k) = -log sigmoid(k)
Tensor minus_log_sigmoid(const Tensor& k) {
  return softplus(scale(k, -1));
}

}  // namespace

MinLstm::MinLstm(const Params& params, const MixerConfig& config)
    : config_(config),
      inner_(inner_channels("min_lstm", config)),
      to_hidden_and_gate_(params / "to_hidden_and_gate", config.dim, 3 * inner_, {config.bias, Role::kGate}),
      to_out_(params / "to_out", inner_, config.dim, {.bias = config.bias, .identity = !config.to_out}) {
  check(config.space == Space::kLinear || config.candidate == Candidate::kG,
        "min_lstm: candidate identity in log space, but log space needs positive states: candidate g");
  for (int64_t i = inner_; config.bias && i < 2 * inner_; ++i)
    to_hidden_and_gate_.bias().mutable_data()[i] += static_cast<real>(config.forget_bias);
  if (config.learned_h0) h0_ = params.tensor("h0", {inner_}, normal_init(1), {.role = Role::kState});
}

Tensor MinLstm::operator()(const Tensor& x, State& state, const Boundaries& at, Rng*) const {
  const Tensor projection = to_hidden_and_gate_(x);
  const Tensor fresh = h0_.defined() ? positive_g(h0_) : Tensor();
  const Tensor start = start_states(state["h"], fresh, at, x.size(0), x.size(1));
  const Tensor h = config_.space == Space::kLinear
                       ? min_lstm_scan(projection, start, config_.gates, config_.candidate, at)
                       : composed(projection, start, at);
  state["h"] = last_states(h, start, at);
  return to_out_(h);
}

Tensor MinLstm::composed(const Tensor& projection, const Tensor& start, const Boundaries& at) const {
  const Tensor v = slice(projection, 2, 0, inner_);
  const Tensor kf = slice(projection, 2, inner_, 2 * inner_);
  const Tensor ki = slice(projection, 2, 2 * inner_, 3 * inner_);
  if (config_.space == Space::kLog) {
    Tensor minus_log_f = minus_log_sigmoid(kf), minus_log_i = minus_log_sigmoid(ki);
    if (config_.gates == Gates::kNormalised) {
      const Tensor n = subtract(minus_log_f, minus_log_i);  // log(i / f)
      minus_log_f = softplus(n);
      minus_log_i = minus_log_sigmoid(n);
    }
    const Tensor log_x = subtract(log_g(v), minus_log_i);
    return exp(log_scan(scale(minus_log_f, -1), log_x, start, LogForm::kSequential, at));
  }
  Tensor f = sigmoid(kf), i = sigmoid(ki);
  if (config_.gates == Gates::kNormalised) {
    const Tensor n = subtract(minus_log_sigmoid(kf), minus_log_sigmoid(ki));
    f = sigmoid(scale(n, -1));
    i = sigmoid(n);
  }
  const Tensor c = config_.candidate == Candidate::kG ? positive_g(v) : v;
  return boundary_scan(f, multiply(i, c), start, at);
}

}  // namespace scangrad::SCANGRAD_PRECISION
