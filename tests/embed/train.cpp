// What a program that embeds scangrad needs to train a minGRU: counting modulo 8.
#include <scangrad/scangrad.h>

using namespace scangrad;

float train() {
  const Params params(/*seed=*/1);
  const LanguageModel model(params, {.vocab = 8, .stack = {.layers = 1, .dim = 16, .expansion = 2}});
  AdamW adam(params, {.lr = 1e-2});
  Ids inputs({4, 16}), targets({4, 16});
  for (int i = 0; i < 64; ++i) inputs.data()[i] = i % 8, targets.data()[i] = (i + 1) % 8;
  for (int step = 0; step < 50; ++step) {
    State state = model.start(4);
    cross_entropy(model(inputs, state), targets).backward();
    adam.step();
  }
  State state = model.start(4);
  return cross_entropy(model(inputs, state), targets).item();
}
