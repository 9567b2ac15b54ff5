// How long a step of training takes, measured before the training starts.
//
//   TrainedRun run = new_run(config);                      // of its own: the steps change its weights
//   const OpenTask opened = row.open(run, KeptTexts());
//   const double seconds = seconds_of_step(config.train, run.params, opened.task);
//
// It takes steps for a fifth of a second. The first one is not counted, because its memory is new; where it takes
// half a second or more, it is the only one.
//
// Errors: those of a step, such as a loss that is not finite.
#pragma once

#include "../../nn/params.h"
#include "task.h"
#include "train_config.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API double seconds_of_step(const TrainConfig& config, const Params& params, const Task& task);

}  // namespace scangrad::SCANGRAD_PRECISION
