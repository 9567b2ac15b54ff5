// One step of training: the loss of a batch, its gradient, clipping, and AdamW.
//
//   loss = 1/P sum over p of loss_p          P parts of the batch, one after the other: less memory, the same gradient
//   g    = d loss / d w                      each backward() adds its share
//   w    = AdamW(w, g)                       with the learning rate of the schedule (nn/training)
//
// Errors: a loss or gradient that is not finite (anomalies.h), unless such steps are skipped as spikes; those of the
// task and of AdamW.
#pragma once

#include "../../../core/observe/nan_watch.h"
#include "../task.h"
#include "../train_config.h"

namespace scangrad::SCANGRAD_PRECISION {

// What a step did: means over the parts of its batch.
struct StepResult {
  double loss = 0, accuracy = 0;
  double norm = 0;          // of the gradient before clipping
  int64_t parts = 0;        // completed
  bool is_applied = false;  // the weights were updated
};

class SCANGRAD_API Learner {
 public:
  // Keeps references to all three.
  Learner(const TrainConfig& config, const Params& params, const Task& task);

  // Takes step number loop.step, counted from 0. Sets where dropout is in its random numbers (loop.random), and adds to
  // the history of spikes. With a watch, ends at the first number that is not finite.
  StepResult step(LoopState& loop, NanWatch* watch = nullptr);
  AdamW& adam() { return adam_; }

 private:
  StepResult gradients(const LoopState& loop, Rng& dropout, const NanWatch* watch) const;
  bool accepts(LoopState& loop, double loss, double norm) const;
  Rng dropout(const LoopState& loop) const;

  const TrainConfig& config_;
  const Params& params_;
  const Task& task_;
  AdamW adam_;
  Schedule schedule_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
