#include "learner.h"

#include <cmath>

#include "../../../core/autograd.h"
#include "../../../core/observe/profile.h"
#include "anomalies.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

void lap(const char* name) {
  if (Profile* const profile = profiling()) profile->lap(name);
}

}  // namespace

Learner::Learner(const TrainConfig& config, const Params& params, const Task& task)
    : config_(config),
      params_(params),
      task_(task),
      adam_(params, adam_options(config)),
      schedule_(schedule_options(config)) {}

StepResult Learner::step(LoopState& loop, NanWatch* watch) {
  Rng dropout = this->dropout(loop);
  StepResult result = gradients(loop, dropout, watch);
  if (watch != nullptr && watch->found()) return result;
  adam_.set_lr(schedule_(loop.step));
  lap("rest of the loop");
  result.norm = adam_.step([&](double norm) { return result.is_applied = accepts(loop, result.loss, norm); });
  lap("adamw");
  if (watch != nullptr) watch_weights(*watch, params_);
  loop.random = dropout.offset();
  return result;
}

StepResult Learner::gradients(const LoopState& loop, Rng& dropout, const NanWatch* watch) const {
  const WithPrecision scope(config_.precision);
  StepResult result;
  const double share = 1 / static_cast<double>(config_.accumulate);
  for (; result.parts < config_.accumulate; ++result.parts) {
    const TaskLoss part = task_.loss(loop.step, result.parts, dropout);
    if (watch != nullptr && watch->found()) break;
    backward({part.loss}, {Tensor::full(part.loss.shape(), static_cast<real>(share))});
    if (watch != nullptr && watch->found()) break;
    result.loss += static_cast<double>(part.loss.item()) * share;
    result.accuracy += part.accuracy * share;
  }
  return result;
}

// Whether to update the weights. A gradient that is not finite is computed once more, to say where it comes from.
bool Learner::accepts(LoopState& loop, double loss, double norm) const {
  if (config_.skip_spikes > 0) return !is_spike(loop.spikes, loss, norm, config_.skip_spikes);
  if (std::isfinite(loss) && std::isfinite(norm)) return true;
  explain_step(loop.step + 1, loss, norm, config_.accumulate, [&](NanWatch& watch) {
    params_.zero_grad();
    Rng again = dropout(loop);
    return gradients(loop, again, &watch).parts;
  });
}

// Its random numbers are a stream of their own under the run's seed.
Rng Learner::dropout(const LoopState& loop) const {
  Rng rng(static_cast<uint64_t>(config_.seed), uint64_t(1) << 40);
  rng.set_offset(loop.random);
  return rng;
}

}  // namespace scangrad::SCANGRAD_PRECISION
