#include "../../../models/tasks/token_reading.h"

#include "../../../core/autograd.h"
#include "../../../ops/losses/cross_entropy.h"
#include "../../testing.h"

using namespace scangrad;

TEST_CASE("token_reading: the result is the smallest loss that any next token has") {
  const Params params(3);
  const LanguageModel model(params, {.vocab = 5, .stack = {.layers = 1, .dim = 4}});
  const Ids ids({1, 3}, {0, 4, 2});
  const NoGrad no_grad;
  State state(1), again(1);
  const real loss = read_tokens(model, ids)(state, {}).item();
  const Tensor logits = model(ids, again, {}, nullptr, 1);
  real least = 1000;
  for (int32_t token = 0; token < 5; ++token)
    least = std::min(least, cross_entropy(logits, Ids({1, 1}, {token})).item());
  CHECK(loss == least);
}
