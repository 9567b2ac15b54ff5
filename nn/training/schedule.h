// Learning rate over the steps: linear warm-up, then half a cosine down to min_lr, then min_lr (nanoGPT's get_lr).
//
//   step < warmup           lr (step + 1) / (warmup + 1)
//   warmup <= step < steps  min_lr + (lr - min_lr) (1 + cos(pi r)) / 2       r = (step - warmup) / (steps - warmup)
//   steps <= step           min_lr
//
// step counts from 0. With min_lr = lr the rate is constant after the warm-up, and steps has no effect.
#pragma once

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

struct ScheduleOptions {
  double lr = 1e-3;
  double min_lr = 0;
  int64_t warmup = 0;
  int64_t steps = 0;
};

class SCANGRAD_API Schedule {
 public:
  // Errors: lr below 0, min_lr outside 0 ... lr, warmup below 0; min_lr below lr with steps not above warmup.
  explicit Schedule(const ScheduleOptions& options);
  double operator()(int64_t step) const;

 private:
  ScheduleOptions options_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
