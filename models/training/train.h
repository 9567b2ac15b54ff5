// The training loop. A task (task.h) gives a loss and a validation; this trains a network with them.
//
//   TrainResult result = train(config, params, copy_task(model, data, ...), {.folder = "runs/a", .progress = stdout});
//
//   until steps are done, stop_at is reached, or a signal comes:
//     take a step       loss, backward, clipping, AdamW                                           loop/learner.h
//     log               a line of the metrics, and of progress                                    loop/run_log.h
//     validate          and keep the best weights                                                 best_weights.h
//     save              the state to resume from                                                  checkpoint.h
//   load the best weights into params
//
// In the folder: metrics; model.safetensors, the best weights; train.safetensors, the newest weights and all else that
// is needed to resume, also saved before the first step. Files of weights are replaced whole, train.safetensors last: a
// run that is killed loses the steps since its last save, nothing else. Ctrl-C, SIGTERM, a closed terminal and a closed
// output end the run after the current step, and save it (stop_signals.h).
//
// The same seed gives the same run, bit for bit, with any number of threads, and also if it was interrupted or killed
// and resumed any number of times. What may differ when a run is resumed: loop/resume.h.
//
// A step with a loss, gradient or weight that is not finite ends the run; what was saved before stays. The message says
// where the number came from. With detect_nan every step is watched: the first such number ends the run wherever it is,
// and replay() can repeat the step from the file replay.safetensors. With skip_spikes such a step, and one that jumps
// far above the recent ones, is skipped: weights, moments and buffers do not change. Ten in a row end the run.
// All of this: loop/anomalies.h.
//
// Errors: an option out of its range; a checkpoint that does not fit; data that has changed; numbers that are not
// finite; too many spikes; no finite validation; a file that cannot be written. A failure to print progress is ignored.
#pragma once

#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "../../core/observe/nan_watch.h"
#include "../../nn/params.h"
#include "task.h"
#include "train_config.h"

namespace scangrad::SCANGRAD_PRECISION {

// Where a run starts.
struct TrainStart {
  int64_t step = 0;               // steps done so far
  bool is_done = false;           // there are no more to do
  bool other_data = false;        // the data has changed since the run was saved
  bool other_validation = false;  // the kind of validation has changed
};

struct TrainOutput {
  std::string folder;             // empty: no files
  std::FILE* progress = nullptr;  // null: no progress lines
  bool resume = false;            // from the folder's train.safetensors
  bool other_data = false;        // the data may have changed since
  bool profile = false;           // print at the end where the time went
  bool detect_nan = false;        // watch every step
  bool say_validations = true;    // a progress line for each
  // Called before the first step, when there is a state to resume from.
  std::function<void(const TrainStart& start)> started = nullptr;
};

struct TrainResult {
  int64_t steps = 0;      // done
  int64_t best_step = 0;  // the step after which validation was best
  Evaluation best;        // that validation
  double seconds = 0;     // of training, those before the run was resumed included
  bool interrupted = false;
  int64_t skipped = 0;  // skipped steps
};

SCANGRAD_API TrainResult train(const TrainConfig& config, const Params& params, const Task& task,
                               const TrainOutput& output = {});

// What a repeated step showed.
struct Replay {
  int64_t step = 0;     // counted from 1, as in messages
  std::string finding;  // as in the message of the run; empty: every number is finite
  std::optional<NanFinding> found;
  std::vector<NanWatch::Seen> seen;
};

// Repeats the step after the checkpoint in a file, with every op watched. Errors: those of load_checkpoint(); data that
// has changed.
SCANGRAD_API Replay replay(const TrainConfig& config, const Params& params, const Task& task, const std::string& file);

}  // namespace scangrad::SCANGRAD_PRECISION
