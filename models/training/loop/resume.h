// The state to resume from, and what must still be true when a run is resumed.
//
// The data must be the data of the saved run, told by its fingerprint (core/files/fingerprint.h): with other data it
// would silently become another run. TrainOutput::other_data says that other data is intended. What validated best on
// other data, or by another kind of validation, is no longer the best; in a run that has ended it stays.
//
// Errors: those of load_checkpoint(); fewer steps than the run has done; data that has changed.
#pragma once

#include <string>

#include "../task.h"
#include "../train_config.h"

namespace scangrad::SCANGRAD_PRECISION {

// Which fingerprints of a task differ from those of a saved state.
struct Changes {
  bool data = false, validation = false;
};
SCANGRAD_API Changes changes_since(const LoopState& saved, const Task& task);

// Whether there are no more steps to do: all are done, or the accuracy to stop at was reached.
SCANGRAD_API bool is_done(const TrainConfig& config, const LoopState& loop);

struct ResumeOptions {
  std::string folder;       // of the run: its train.safetensors is loaded
  int64_t steps = 0;        // of the run in all
  bool other_data = false;  // may have changed
};
// Loads weights, optimizer and the task's own state; returns the state of the loop.
SCANGRAD_API LoopState resume_run(const ResumeOptions& options, const Params& params, AdamW& adam, const Task& task);

// Loads the start of one step, which repeats it: from replay.safetensors or any other checkpoint.
SCANGRAD_API LoopState load_to_repeat(const std::string& file, const Params& params, AdamW& adam, const Task& task);

}  // namespace scangrad::SCANGRAD_PRECISION
