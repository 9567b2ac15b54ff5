#include "mamba.h"

#include <algorithm>
#include <cmath>

#include "../../core/check.h"
#include "../../ops/activations.h"
#include "../../ops/affine.h"
#include "../../ops/arithmetic.h"
#include "../../ops/indexing/slice.h"
#include "../../ops/selective/selective_scan.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kTaps = 4;

// Such that softplus of it is log-uniform in [0.001, 0.1].
void step_bias_init(Tensor& values, Rng& rng) {
  constexpr double kShortest = 1e-3, kLongest = 0.1;
  real* const v = values.mutable_data();
  for (int64_t i = 0; i < values.numel(); ++i) {
    const double step = kShortest * std::pow(kLongest / kShortest, static_cast<double>(rng.uniform()));
    v[i] = static_cast<real>(step + std::log(-std::expm1(-step)));
  }
}

// log(n) for state n = 1 ... N of each channel.
void decay_init(Tensor& values, Rng&) {
  real* const v = values.mutable_data();
  const int64_t N = values.size(1);
  for (int64_t i = 0; i < values.numel(); ++i) v[i] = static_cast<real>(std::log(static_cast<double>(i % N + 1)));
}

int64_t checked_states(const MixerConfig& config) {
  const auto states = complete("mamba", Mamba::options(), config.options).get<int64_t>("states");
  check(states >= 1, "mamba: states is {}, but at least 1 is needed", states);
  check(config.layers >= 1, "mamba: layers is {}, but at least 1 is needed", config.layers);
  return states;
}

}  // namespace

OptionList Mamba::options() {
  return {{"states", 16, "states per channel", kFixed}};
}

Mamba::Mamba(const Params& params, const MixerConfig& config)
    : inner_(inner_channels("mamba", config)),
      rank_((config.dim + 15) / 16),
      states_(checked_states(config)),
      in_proj_(params / "in_proj", config.dim, 2 * inner_, {.bias = false}),
      conv_(params / "conv", inner_, kTaps),
      x_proj_(params / "x_proj", inner_, rank_ + 2 * states_, {.bias = false}),
      dt_weight_((params / "dt_proj").tensor("weight", {inner_, rank_}, fan_in_init(rank_))),
      dt_bias_((params / "dt_proj").tensor("bias", {inner_}, step_bias_init, {.role = Role::kBias})),
      A_log_(params.tensor("A_log", {inner_, states_}, decay_init, {.decay = false})),
      D_(params.tensor("D", {inner_}, constant_init(1), {.decay = false})),
      out_proj_(params / "out_proj", inner_, config.dim, {.bias = false}) {
  const real divisor = static_cast<real>(std::sqrt(static_cast<double>(config.layers)));
  Tensor weight = out_proj_.weight();
  real* const w = weight.mutable_data();
  for (int64_t i = 0; i < weight.numel(); ++i) w[i] /= divisor;
}

Tensor Mamba::operator()(const Tensor& x, State& state, const Boundaries& at, Rng*) const {
  const Tensor both = in_proj_(x);
  const Tensor y = scanned(silu(conv_(slice(both, 2, 0, inner_), state, at)), state, at);
  return out_proj_(multiply(y, silu(slice(both, 2, inner_, 2 * inner_))));
}

Tensor Mamba::scanned(const Tensor& x, State& state, const Boundaries& at) const {
  const Tensor projected = x_proj_(x);
  const Tensor pre = affine(slice(projected, 2, 0, rank_), dt_weight_, dt_bias_);
  const Tensor bc = slice(projected, 2, rank_, rank_ + 2 * states_);

  const Tensor start = start_states(state["h"], {}, at, x.size(0), x.size(1));
  const auto [y, last] = selective_scan(x, pre, A_log_, bc, D_, start, at);
  state["h"] = last;
  return y;
}

}  // namespace scangrad::SCANGRAD_PRECISION
