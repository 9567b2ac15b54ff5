// Draws the next token from logits.
//
//   p = softmax(logits / temperature)           temperature 0: the largest logit
//
// top_k keeps the k largest; top_p then keeps the smallest set of the largest probabilities that sum to at least p.
// Equal logits are taken in the order of their ids. Errors: an option out of its range, a logit that is not finite.
#pragma once

#include "../../core/random.h"

namespace scangrad::SCANGRAD_PRECISION {

struct SamplerOptions {
  double temperature = 0.8;
  int64_t top_k = 200;  // 0: all
  double top_p = 1;
};

SCANGRAD_API void check_options(const SamplerOptions& options);
SCANGRAD_API int32_t sample_token(const real* logits, int64_t vocab, const SamplerOptions& options, Rng& rng);

}  // namespace scangrad::SCANGRAD_PRECISION
