// Trains a language model on selective copying: what the training loop needs of the task.
//
// The loss is the mean cross-entropy over the answer positions; accuracy is per answered token. Training step s takes
// the next `batch` examples under the seed of the run. Validation takes the first examples under seed 0, the test those
// under seed 1, so both sets are the same for every run. Training under these seeds, which would see them, is refused.
//
// Source: the released code's training (appendix C.1 of arXiv 2410.01201).
#pragma once

#include "../../data/selective_copying.h"
#include "../../networks/language_model.h"
#include "../../training/train.h"

namespace scangrad::SCANGRAD_PRECISION {

inline constexpr uint64_t kValidationSeed = 0, kTestSeed = 1;

// The first `count` examples under a seed, `batch` at a time. Errors: count or batch below 1.
SCANGRAD_API Evaluation evaluate_copying(const LanguageModel& model, const SelectiveCopying& data, uint64_t seed,
                                         int64_t count, int64_t batch);

// `model` and `data` must outlive the task. `batch` examples a step, in `accumulate` parts.
// Errors: a seed of the evaluation sets, a batch that does not divide into the parts.
SCANGRAD_API Task copy_task(const LanguageModel& model, const SelectiveCopying& data, uint64_t seed, int64_t batch,
                            int64_t accumulate, int64_t validation_examples);

}  // namespace scangrad::SCANGRAD_PRECISION
