// What the training loop knows about a task: the loss of one part of a batch, and a validation.
//
//   Task task;
//   task.loss = [&](int64_t step, int64_t part, Rng& rng) { ...; return TaskLoss{cross_entropy(logits, targets), 0}; };
//   task.validate = [&] { return Evaluation{.loss = ..., .accuracy = ...}; };
//   train(config, params, task);
#pragma once

#include <functional>

#include "../../core/random.h"
#include "../../core/tensor.h"
#include "checkpoint.h"

namespace scangrad::SCANGRAD_PRECISION {

struct Evaluation {
  double loss = 0;      // mean over the counted positions
  double accuracy = 0;  // fraction of them that are right, in tasks where this has a meaning
};

struct TaskLoss {
  Tensor loss;
  double accuracy = 0;
};

// The data fingerprint of data that a program generates: its last digits may differ between machines.
inline constexpr uint64_t kMadeUp = 1;

struct Task {
  // The loss of part `part` of step `step`, counted from 0; dropout draws from `rng`. A pure function of its arguments,
  // the weights, and what `save` saves.
  std::function<TaskLoss(int64_t step, int64_t part, Rng& rng)> loss;
  std::function<Evaluation()> validate;
  double tokens_per_step = 0;   // in all parts together
  const char* unit = "tokens";  // their name in the progress line
  bool has_accuracy = true;     // false: accuracy is neither printed nor written
  bool by_loss = false;         // the best validation has the lowest loss; false: the highest accuracy
  // Of the data that the task reads; 0: it reads none. Of what else a validation depends on, apart from the weights;
  // 0: nothing.
  uint64_t data_fingerprint = 0, validation_fingerprint = 0;
  // What the task carries from step to step, if anything, under names that begin with "task.".
  SaveTask save;
  LoadTask load;
};

}  // namespace scangrad::SCANGRAD_PRECISION
