#include "copy_task.h"

#include <algorithm>

#include "../../../core/autograd.h"
#include "../../../core/check.h"
#include "../../../core/files/fingerprint.h"
#include "../../../ops/losses/accuracy.h"
#include "../../../ops/losses/cross_entropy.h"
#include "../../training/batch_parts.h"

namespace scangrad::SCANGRAD_PRECISION {

Evaluation evaluate_copying(const LanguageModel& model, const SelectiveCopying& data, uint64_t seed, int64_t count,
                            int64_t batch) {
  check(count >= 1 && batch >= 1, "copy_task: {} examples in batches of {}, but at least 1 of each is needed", count,
        batch);
  const NoGrad no_grad;
  Evaluation sum;
  for (int64_t first = 0; first < count; first += batch) {
    const int64_t rows = std::min(batch, count - first);
    const CopyBatch examples = data.examples(seed, first, rows);
    State state = model.start(rows);
    const Tensor logits = model(examples.inputs, state, {}, nullptr, data.config().tokens);
    const double share = static_cast<double>(rows) / static_cast<double>(count);
    sum.loss += share * static_cast<double>(cross_entropy(logits, examples.targets).item());
    sum.accuracy += share * static_cast<double>(accuracy(logits, examples.targets));
  }
  return sum;
}

Task copy_task(const LanguageModel& model, const SelectiveCopying& data, uint64_t seed, int64_t batch,
               int64_t accumulate, int64_t validation_examples) {
  check(seed != kValidationSeed && seed != kTestSeed,
        "copy_task: seed is {}, but {} and {} are those of the validation and test sets", seed, kValidationSeed,
        kTestSeed);
  const BatchParts parts("copy_task", batch, accumulate);
  const int64_t rows = parts.rows;
  const SelectiveCopyingConfig& sizes = data.config();
  Task task;
  task.validation_fingerprint = fingerprint_of(sizes.length, sizes.tokens, sizes.vocab, validation_examples);
  task.tokens_per_step = static_cast<double>(batch * (sizes.length + sizes.tokens));
  task.loss = [&model, &data, seed, parts, rows](int64_t step, int64_t part, Rng& rng) {
    const CopyBatch examples = data.examples(seed, parts.number(step, part) * rows, rows);
    State state = model.start(rows);
    const Tensor logits = model(examples.inputs, state, {}, &rng, data.config().tokens);
    return TaskLoss{cross_entropy(logits, examples.targets), static_cast<double>(accuracy(logits, examples.targets))};
  };
  task.validate = [&model, &data, rows, validation_examples] {
    return evaluate_copying(model, data, kValidationSeed, validation_examples, rows);
  };
  return task;
}

}  // namespace scangrad::SCANGRAD_PRECISION
