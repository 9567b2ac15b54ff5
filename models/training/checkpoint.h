// Everything a training run needs to go on as if it had never stopped, in one file that is complete or not at all.
//
//   save_checkpoint("run/train.safetensors", params, adam, loop);
//   LoopState loop = load_checkpoint("run/train.safetensors", params, adam);
//
// A safetensors file: the newest weights as "model.<name>", the optimizer's moments as "adam.m.<name>" and
// "adam.v.<name>", and "loop", the words of LoopState. A task adds what it carries from step to step under "task.".
// Numbers are kept bit by bit, so a run that was resumed ends with the bits of one that was not. Where steps may be
// left out, "spikes" is their history (nn/training/spike_guard.h); "fingerprints" tell its data and validation.
//
// Errors: a file that is no such checkpoint, numbers that no run can have, or one of another network (the first
// difference is named).
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
  int64_t best_step = 0;  // after which validation was best; 0: none so far
  double best_loss = 0, best_accuracy = 0;
  uint64_t random = 0;  // words drawn for dropout
  double seconds = 0;   // of training so far
  // Sums since the last line of the metrics.
  int64_t window_steps = 0;
  double window_loss = 0, window_accuracy = 0, window_norm = 0;
  SpikeHistory spikes = {};  // steps that were left out; the optimizer has done as many fewer
  uint64_t data_fingerprint = 0, validation_fingerprint = 0;  // of Task (train.h); 0: none, or nobody looked
};

using SaveTask = std::function<void(SafetensorsWriter& writer)>;
using LoadTask = std::function<void(const SafetensorsFile& file)>;

// The file to be saved later: with the numbers of then, or with copies of those of now.
enum class Numbers { kOfThen, kCopies };
SCANGRAD_API SafetensorsWriter checkpoint(const Params& params, AdamW& adam, const LoopState& loop,
                                          const SaveTask& task = nullptr, Numbers numbers = Numbers::kOfThen);

SCANGRAD_API void save_checkpoint(const std::string& path, const Params& params, AdamW& adam, const LoopState& loop,
                                  const SaveTask& task = nullptr);
SCANGRAD_API LoopState load_checkpoint(const std::string& path, const Params& params, AdamW& adam,
                                       const LoadTask& task = nullptr);

}  // namespace scangrad::SCANGRAD_PRECISION
