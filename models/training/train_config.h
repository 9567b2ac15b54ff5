// The options of a training run. The defaults are those of the released minGRU code for selective copying.
//
// Errors of check_options(): an option out of its range. train() reports the same ones.
#pragma once

#include "../../nn/training/adamw.h"
#include "../../nn/training/schedule.h"
#include "../../ops/precision.h"

namespace scangrad::SCANGRAD_PRECISION {

struct TrainConfig {
  int64_t steps = 400'000;
  int64_t accumulate = 1;  // parts of a batch, whose gradients are averaged before the update
  double lr = 3e-4;
  double min_lr = 3e-4;  // the cosine falls from lr to this
  int64_t warmup = 0;    // steps of linear warm-up
  double weight_decay = 0.05;
  double beta1 = 0.9, beta2 = 0.999;
  DecayPolicy policy = DecayPolicy::kPaper;
  Precision precision = Precision::kFloat;  // of the products in a training step; validations are in float
  double clip = 1;                          // largest gradient norm; 0: no clipping
  int64_t seed = 42;                        // of the weights, of dropout, and of the training data
  int64_t eval_every = 500;                 // steps between validations; 0: only at the end
  int64_t log_every = 50;                   // steps between lines of the metrics
  int64_t save_every = 0;                   // steps between saves of the state to resume from; 0: with each validation
  double stop_at = 0;                       // stop when the best validation has this accuracy; 0: never
  double skip_spikes = 0;                   // skip steps this many deviations above the recent ones; 0: skip none
};

SCANGRAD_API void check_options(const TrainConfig& config);

// The options of the optimizer and of its learning rate.
SCANGRAD_API AdamWOptions adam_options(const TrainConfig& config);
SCANGRAD_API ScheduleOptions schedule_options(const TrainConfig& config);

}  // namespace scangrad::SCANGRAD_PRECISION
