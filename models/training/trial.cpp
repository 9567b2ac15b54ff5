#include "trial.h"

#include <chrono>

#include "loop/learner.h"

namespace scangrad::SCANGRAD_PRECISION {

double seconds_of_step(const TrainConfig& config, const Params& params, const Task& task) {
  using Clock = std::chrono::steady_clock;
  constexpr double kEnough = 0.2, kLong = 0.5;
  Learner learner(config, params, task);
  LoopState loop;
  const auto timed_step = [&] {
    const Clock::time_point start = Clock::now();
    learner.step(loop);
    ++loop.step;
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  const double first = timed_step();
  if (first >= kLong || config.steps == 1) return first;
  double rest = 0;
  do rest += timed_step();
  while (rest < kEnough && loop.step < config.steps);
  return rest / static_cast<double>(loop.step - 1);
}

}  // namespace scangrad::SCANGRAD_PRECISION
