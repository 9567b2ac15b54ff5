// The one training loop. A task gives a loss for a step and an evaluation; everything else lives here once: optimizer
// and schedule, gradient accumulation, progress, metrics, saving and resuming, Ctrl-C, where the time goes, leaving out
// steps that spike, and finding out where a NaN came from.
//
//   Task task = copy_task(model, data, ...);
//   TrainResult result = train(config, params, task, {.folder = folder, .progress = stdout});
//
// In the run's folder: metrics.csv and metrics.jsonl, model.safetensors (the weights that validated best; their step is
// its metadata "step") and train.safetensors (the newest weights and all that is needed to go on: checkpoint.h),
// written before the first step, every save_every steps and at the end. At the end `params` holds the best weights.
//
// Ctrl-C, SIGTERM, a terminal that is closed, and an output that nobody reads any more end the run after the step at
// hand, and it is saved. What ends it at once (kill -9, no memory, no electricity) costs the steps since the last save:
// of each file the old or the new form is there, whole, and train.safetensors is never newer than what belongs to it.
//
// The same seed gives the same run, bit for bit, with any number of threads and however often it was interrupted or
// killed and resumed. Weights that somebody takes away or damages, or a kill left from steps that are done again, are
// made again: the next that validate are the best. Where no validation was finite at all, the end is an error.
//
// A step whose loss, gradient or new weights are not finite ends the run, and what was saved before stays: no weights
// that are not finite are ever saved. The message names the step and the first op or parameter that holds such a number
// (core/observe/nan_watch.h), which a repetition of the step tells. With detect_nan every step is watched, so that the
// first such number ends the run whether it reaches the loss or not, and replay.safetensors is left: the checkpoint of
// just before that step, with the texts that describe the run as metadata (run_folder.h). replay() repeats the step
// from it. Costs a copy of weights and moments each step, and what a NanWatch costs.
//
// With skip_spikes the gradient of a step that jumps out of the recent past, or is not finite, is forgotten instead
// (nn/training/spike_guard.h): weights and moments, and buffers such as running means, keep their bits, and the run
// goes on to the next batch. Ten such steps one after the other end the run.
//
// Data that is read has to be what it was when the run was saved: other data would make another run of it, without a
// word. A fingerprint tells (core/files/fingerprint.h). With other_data it is meant, and the run goes on. What
// validated best on other data, or by a validation of another kind, is the best no more.
//
// Errors: an option out of its range; a checkpoint that does not fit; data that has changed; what is not finite; too
// many spikes; a file that cannot be written, metrics too: a run without them would not be the same one. What was saved
// before stays. What is said on `progress` may be lost without harm.
#pragma once

#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "../../core/observe/nan_watch.h"
#include "../../core/random.h"
#include "../../nn/params.h"
#include "../../nn/training/adamw.h"
#include "checkpoint.h"

namespace scangrad::SCANGRAD_PRECISION {

// Defaults: the released code's for selective copying.
struct TrainConfig {
  int64_t steps = 400'000;
  int64_t accumulate = 1;  // parts whose gradients are averaged before a step
  double lr = 3e-4;
  double min_lr = 3e-4;  // the cosine falls from lr to this
  int64_t warmup = 0;    // steps of linear warm-up
  double weight_decay = 0.05;
  double beta1 = 0.9, beta2 = 0.999;
  DecayPolicy policy = DecayPolicy::kPaper;
  double clip = 1;           // largest gradient norm; 0: no clipping
  int64_t seed = 42;         // of the weights, of dropout, and of the training data
  int64_t eval_every = 500;  // steps between validations; 0: only at the end
  int64_t log_every = 50;    // steps between lines of the metrics
  int64_t save_every = 0;    // steps between saves of the state to resume from; 0: with each validation
  double stop_at = 0;        // stop when the best validation has this accuracy; 0: never
  double skip_spikes = 0;    // deviations above which a step is left out; 0: none is
};

// What of it concerns the optimizer.
SCANGRAD_API AdamWOptions adam_options(const TrainConfig& config);

struct Evaluation {
  double loss = 0;      // mean over counted positions
  double accuracy = 0;  // fraction of them that are right, in tasks where that means something
};

struct TaskLoss {
  Tensor loss;
  double accuracy = 0;
};

// Of data that a program makes up: its last digits may differ from machine to machine.
inline constexpr uint64_t kMadeUp = 1;

struct Task {
  // The loss of part `part` of step `step`; draws dropout from `rng`. A pure function of its arguments and the weights.
  std::function<TaskLoss(int64_t step, int64_t part, Rng& rng)> loss;
  std::function<Evaluation()> validate;
  double tokens_per_step = 0;   // of all parts
  const char* unit = "tokens";  // what progress calls them
  bool has_accuracy = true;     // else it is neither said nor written
  bool by_loss = false;         // the best validation is the one with the lowest loss; else with the highest accuracy
  // Of the data that it reads; 0: it reads none. And of what else a validation depends on, but weights; 0: on nothing.
  uint64_t data_fingerprint = 0, validation_fingerprint = 0;
  // What the task carries from step to step, if anything, under names that begin with "task.".
  SaveTask save;
  LoadTask load;
};

struct TrainStart {
  int64_t step = 0;         // steps done so far
  bool is_done = false;     // there are no more to do
  bool other_data = false;  // than what the run was saved with
  bool other_validation = false;
};

struct TrainOutput {
  std::string folder;             // empty: nothing is written
  std::FILE* progress = nullptr;  // null: nothing is said
  bool resume = false;            // go on from the folder's train.safetensors
  bool other_data = false;        // with data that may have changed since
  bool profile = false;           // say at the end where the time went
  bool detect_nan = false;        // watch every step
  // Called before the first step, when there is a state to resume from.
  std::function<void(const TrainStart& start)> started = nullptr;
};

struct TrainResult {
  int64_t steps = 0;      // done
  int64_t best_step = 0;  // after which validation was best
  Evaluation best;        // that validation
  double seconds = 0;     // those of the runs it went on from included
  bool interrupted = false;
  int64_t skipped = 0;  // steps left out
};

// Throws what train() would about the options, without training.
SCANGRAD_API void check_options(const TrainConfig& config);

// What a repeated step showed.
struct Replay {
  int64_t step = 0;     // counted from 1, as messages do
  std::string finding;  // as the message of the run had it; empty: every number is finite
  std::optional<NanFinding> found;
  std::vector<NanWatch::Seen> seen;
};

// Takes the one step behind the checkpoint in a file, with every op watched. Errors: those of load_checkpoint(), and
// data that has changed.
SCANGRAD_API Replay replay(const TrainConfig& config, const Params& params, const Task& task, const std::string& file);

SCANGRAD_API TrainResult train(const TrainConfig& config, const Params& params, const Task& task,
                               const TrainOutput& output = {});

}  // namespace scangrad::SCANGRAD_PRECISION
