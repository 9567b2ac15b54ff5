#include "schedule.h"

#include <cmath>
#include <numbers>

#include "../../core/check.h"

namespace scangrad::SCANGRAD_PRECISION {

Schedule::Schedule(const ScheduleOptions& options) : options_(options) {
  const auto& [lr, min_lr, warmup, steps] = options_;
  check(lr >= 0 && std::isfinite(lr), "schedule: lr is {}, but at least 0 is needed", lr);
  check(min_lr >= 0 && min_lr <= lr, "schedule: min_lr is {}, but 0 to lr ({}) is needed", min_lr, lr);
  check(warmup >= 0, "schedule: warmup is {}, but at least 0 is needed", warmup);
  check(steps > warmup || min_lr == lr, "schedule: steps is {}, but more than warmup ({}) are needed", steps, warmup);
}

double Schedule::operator()(int64_t step) const {
  const auto& [lr, min_lr, warmup, steps] = options_;
  if (step < warmup) return lr * static_cast<double>(step + 1) / (static_cast<double>(warmup) + 1);
  if (min_lr == lr || step >= steps) return min_lr;
  const double r = static_cast<double>(step - warmup) / static_cast<double>(steps - warmup);
  return min_lr + (lr - min_lr) * (1 + std::cos(std::numbers::pi * r)) / 2;
}

}  // namespace scangrad::SCANGRAD_PRECISION
