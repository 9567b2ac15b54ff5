#include "token_reading.h"

#include <algorithm>

#include "../../ops/losses/cross_entropy.h"

namespace scangrad::SCANGRAD_PRECISION {

ReadSteps read_tokens(const LanguageModel& model, const Ids& ids) {
  return [&model, ids](State& state, const Boundaries& at) {
    const Tensor logits = model(ids, state, at, nullptr, /*last=*/1);
    const real* const last = logits.data();
    const auto likeliest = static_cast<int32_t>(std::max_element(last, last + logits.numel()) - last);
    return cross_entropy(logits, Ids({1, 1}, {likeliest}));
  };
}

}  // namespace scangrad::SCANGRAD_PRECISION
