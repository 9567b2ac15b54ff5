// A task that is learned in seconds, for tests of training.
#pragma once

#include <string>

#include "../../../core/files/safetensors.h"
#include "../../../models/tasks/copy/copy_task.h"
#include "../../../nn/params.h"
#include "../../testing.h"

namespace scangrad::SCANGRAD_PRECISION {

// Selective copying of two tokens among twelve positions.
struct Tiny {
  explicit Tiny(const LanguageModelConfig& config = {.vocab = 6, .stack = {.layers = 2, .dim = 16, .expansion = 2}})
      : params(11), data({.length = 12, .tokens = 2, .vocab = 6}), model(params, config) {}
  Task task(int64_t accumulate = 1) const { return copy_task(model, data, 42, 32, accumulate, 128); }
  Params params;
  SelectiveCopying data;
  LanguageModel model;
};

inline const TrainConfig kTiny{.steps = 400, .lr = 1e-2, .min_lr = 1e-3, .eval_every = 100, .log_every = 20};

// A network for it with everything that a run must save besides weights: running means, and the state of dropout.
inline const LanguageModelConfig kWithState{
    .vocab = 6, .stack = {.layers = 1, .dim = 8, .expansion = 2, .mlp = 2, .norm = NormKind::kBatch, .dropout = 0.2}};

// Whether two checkpoints hold the same weights, moments and spikes.
inline bool same_state(const std::string& a, const std::string& b) {
  const SafetensorsFile left(a), right(b);
  bool same = left.entries().size() == right.entries().size();
  for (const SafetensorsFile::Entry& entry : left.entries())
    same &= entry.name == "loop" || left.bytes(entry.name) == right.bytes(entry.name);
  return same;
}

}  // namespace scangrad::SCANGRAD_PRECISION
