// Everything a training run needs to be resumed as if it had never stopped, in one file that is written whole.
//
//   save_checkpoint("run/train.safetensors", params, adam, loop);
//   LoopState loop = load_checkpoint("run/train.safetensors", params, adam);
//
// A safetensors file:
//
//   model.<name>                   the newest weights and buffers
//   adam.m.<name>, adam.v.<name>   the optimizer's moments
//   loop                           the numbers of LoopState, as 64-bit words
//   spikes                         history of skipped steps, if there are any (nn/training/spike_guard.h)
//   fingerprints                   of data and validation, if there are any
//   task.<name>                    what the task carries from step to step, if anything
//
// Numbers keep all their bits, so a resumed run ends with the same bits as one that was never interrupted.
//
// Errors: another kind of file; numbers that no run can have; the checkpoint of another network (the message names the
// first difference). Nothing is changed then, except by the task's own function.
#pragma once

#include <functional>
#include <string>

#include "../../core/files/safetensors.h"
#include "../../nn/params.h"
#include "../../nn/training/adamw.h"
#include "../../nn/training/spike_guard.h"

namespace scangrad::SCANGRAD_PRECISION {

struct LoopState {
  int64_t step = 0;       // training steps done
  int64_t best_step = 0;  // the step after which validation was best; 0: none so far
  double best_loss = 0, best_accuracy = 0;
  uint64_t random = 0;  // random numbers that dropout has drawn
  double seconds = 0;   // of training up to the last save
  // Sums since the last line of the metrics.
  int64_t window_steps = 0;
  double window_loss = 0, window_accuracy = 0, window_norm = 0;
  SpikeHistory spikes = {};                                   // skipped steps, which the optimizer does not count
  uint64_t data_fingerprint = 0, validation_fingerprint = 0;  // of Task (task.h); 0: none, or not recorded
};

using SaveTask = std::function<void(SafetensorsWriter& writer)>;
using LoadTask = std::function<void(const SafetensorsFile& file)>;

// The file, to be saved later: with the tensors as they are when it is saved, or with copies of what they hold now.
enum class Numbers { kWhenSaved, kCopies };
SCANGRAD_API SafetensorsWriter checkpoint(const Params& params, AdamW& adam, const LoopState& loop,
                                          const SaveTask& task = nullptr, Numbers numbers = Numbers::kWhenSaved);

SCANGRAD_API void save_checkpoint(const std::string& path, const Params& params, AdamW& adam, const LoopState& loop,
                                  const SaveTask& task = nullptr);
// The state of the loop alone, which needs no network.
SCANGRAD_API LoopState load_loop(const std::string& path);
SCANGRAD_API LoopState load_checkpoint(const std::string& path, const Params& params, AdamW& adam,
                                       const LoadTask& task = nullptr);

}  // namespace scangrad::SCANGRAD_PRECISION
