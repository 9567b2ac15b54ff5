// Trains a language model on text: what the training loop needs of the task.
//
// Every position of a window is predicted from those before it; the loss is the mean cross-entropy, in nats for a
// token. Random windows start from the network's own start state. With `stream`, the training part is cut into as many
// contiguous streams as there are rows instead. A step takes the next window of each, and the state is carried from
// step to step without its gradient; at their end the streams start again from the beginning.
//
// A window may be too long for the graph of all its steps: with `chunks` it goes through the network in that many
// parts, and only the state between them is kept. The gradient is still exactly the gradient of the whole window
// (nn/recompute.h), for a third more time.
//
// Validation goes over the whole validation part in consecutive windows, each from the start state, every position
// counted; the last window may be shorter. `validation_windows` limits it to the first ones; 0: all.
#pragma once

#include "../../data/text_data.h"
#include "../../networks/language_model.h"
#include "../../training/train.h"

namespace scangrad::SCANGRAD_PRECISION {

struct TextTaskConfig {
  int64_t length = 256;  // tokens of a window
  int64_t batch = 64;    // windows of a step
  int64_t accumulate = 1;
  uint64_t seed = 42;
  int64_t chunks = 1;  // parts of a window
  bool stream = false;
  int64_t validation_windows = 0;
};

// Errors: fewer than two tokens.
SCANGRAD_API Evaluation evaluate_text(const LanguageModel& model, const Tokens& tokens, int64_t length, int64_t batch,
                                      int64_t windows = 0);

// `model` and `data` must outlive the task. Errors: sizes below 1, a batch that does not divide into accumulate or a
// length that does not divide into chunks, a text shorter than a window.
SCANGRAD_API Task text_task(const LanguageModel& model, const TextData& data, const TextTaskConfig& config);

}  // namespace scangrad::SCANGRAD_PRECISION
