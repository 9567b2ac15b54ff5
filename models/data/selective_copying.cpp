#include "selective_copying.h"

#include <algorithm>

#include "../../core/check.h"
#include "../../core/random.h"

namespace scangrad::SCANGRAD_PRECISION {

SelectiveCopying::SelectiveCopying(const SelectiveCopyingConfig& config) : config_(config) {
  check(config.tokens >= 1, "selective_copying: tokens is {}, but at least 1 is needed", config.tokens);
  check(config.length >= config.tokens, "selective_copying: length is {}, but at least {} is needed for {} tokens",
        config.length, config.tokens, config.tokens);
  check(config.vocab >= 3, "selective_copying: vocab is {}, but at least 3 is needed", config.vocab);
  check(config.length <= INT32_MAX && config.vocab <= INT32_MAX,
        "selective_copying: length is {} and vocab {}, but at most {} is possible", config.length, config.vocab,
        INT32_MAX);
}

CopyBatch SelectiveCopying::examples(uint64_t seed, int64_t first, int64_t count) const {
  check(count >= 1, "selective_copying: count is {}, but at least 1 is needed", count);
  const auto [length, tokens, vocab] = config_;
  CopyBatch batch{Ids({count, length + tokens}), Ids({count, tokens})};
  for (int64_t i = 0; i < count; ++i) {
    Rng rng(seed, static_cast<uint64_t>(first + i));
    int32_t* const input = batch.inputs.data() + i * (length + tokens);
    int32_t* const target = batch.targets.data() + i * tokens;
    std::fill_n(input, length, static_cast<int32_t>(vocab - 1));
    std::fill_n(input + length, tokens, 0);
    // Selection sampling: take position t with probability (tokens still to place) / (positions left), so that every
    // set of positions is equally likely.
    int64_t placed = 0;
    for (int64_t t = 0; placed < tokens; ++t) {
      if (rng.below(length - t) >= tokens - placed) continue;
      target[placed] = static_cast<int32_t>(1 + rng.below(vocab - 2));
      input[t] = target[placed++];
    }
  }
  return batch;
}

}  // namespace scangrad::SCANGRAD_PRECISION
