// What training does about a step that went wrong: numbers that are not finite, and spikes.
//
//   loss or gradient not finite    explain_step()       repeats the step with every op watched to find the first one
//   --detect-nan found a number    WatchedStep::stop()  saves the start of the step to FOLDER/replay.safetensors
//   weights not finite             check_weights()      before they are validated or saved
//   spike                          skipped_line(), BufferCopy: what the step did to buffers is undone
//
// Messages count steps and parts from 1. What a spike is: nn/training/spike_guard.h.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "../../../core/files/safetensors.h"
#include "../../../core/observe/nan_watch.h"
#include "../../../nn/params.h"
#include "../../../nn/training/spike_guard.h"

namespace scangrad::SCANGRAD_PRECISION {

// The finding of a step of which `done` of `parts` parts were complete, as one sentence.
SCANGRAD_API std::string finding_text(const NanFinding& found, int64_t done, int64_t parts);

// Shows a watch what a step has written: the parameters, and buffers such as running means.
SCANGRAD_API void watch_weights(NanWatch& watch, const Params& params);

// Errors: a parameter or buffer that is not finite after `step` steps.
SCANGRAD_API void check_weights(const Params& params, int64_t step);

// Throws what is wrong with a step whose loss or gradient norm is not finite. `repeat` computes its loss and gradient
// once more, up to what the watch finds, and returns how many of its parts were complete.
[[noreturn]] SCANGRAD_API void explain_step(int64_t step, double loss, double norm, int64_t parts,
                                            const std::function<int64_t(NanWatch& watch)>& repeat);

// One step with every op watched, and the checkpoint from which it can be repeated.
struct SCANGRAD_API WatchedStep {
  explicit WatchedStep(SafetensorsWriter before_it) : start(std::move(before_it)) {}
  // Throws "train: step N: finding". With a folder, the checkpoint is first saved to replay.safetensors in it, with the
  // texts that describe the run (kept_texts.h) as metadata.
  [[noreturn]] void stop(int64_t step, const std::string& finding, const std::string& folder);

  SafetensorsWriter start;
  NanWatch watch;
};

// The progress line of a skipped step. Errors: the tenth in a row.
SCANGRAD_API std::string skipped_line(const SpikeHistory& history, int64_t step, double loss, double norm);

// The buffers of a network as they were when this was made.
class SCANGRAD_API BufferCopy {
 public:
  explicit BufferCopy(const Params& params);
  void restore();

 private:
  std::vector<std::pair<Tensor, Tensor>> buffers_;  // and their copies
};

}  // namespace scangrad::SCANGRAD_PRECISION
