// Times training steps of a very small network in C++. overhead.py times the same steps in Python.
//
//   scangrad-overhead DIM LENGTH STEPS          # prints the final loss, and microseconds per step
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

#include "../../models/networks/language_model.h"
#include "../../nn/training/adamw.h"
#include "../../ops/losses/cross_entropy.h"

using namespace scangrad;

int main(int count, char** words) {
  if (count != 4) return 1;
  const int64_t dim = std::atoll(words[1]), length = std::atoll(words[2]), steps = std::atoll(words[3]);
  const Params params(1);
  const LanguageModel model(params, {.stack = {.mixer = "mingru", .layers = 1, .dim = dim, .expansion = 1}});
  AdamW adam(params, {.lr = 1e-3, .clip = 1});
  Ids ids({1, length});
  for (int64_t i = 0; i < length; ++i) ids.data()[i] = static_cast<int32_t>(i % 16);
  double loss_value = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int64_t step = 0; step < steps; ++step) {
    State state = model.start(1);
    const Tensor loss = cross_entropy(model(ids, state), ids);
    loss.backward();
    adam.step();
    loss_value = static_cast<double>(loss.item());
  }
  const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
  fmt::print("{:.9g} {:.3f}\n", loss_value, time.count() / static_cast<double>(steps));
}
