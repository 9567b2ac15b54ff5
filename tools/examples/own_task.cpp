// A task of a program's own, trained with the library's networks and training loop: a latch. The tokens are 0, 1 and 2;
// the target of each step is the last token that was not 0.
//
// A program outside of this tree includes <scangrad/scangrad.h> instead of the two headers:
//
//   c++ -std=c++20 own_task.cpp $(pkg-config --cflags --libs scangrad) -o own_task && ./own_task
//
// The row has what the task needs. The table refuses a second task of the same name; everything else (presets,
// config.json, training, loading) works as for the tasks of the library.
#include <cstdio>
#include <memory>

#include "../../models/tasks/table.h"
#include "../../models/tasks/token_network.h"

using namespace scangrad;

namespace {

// `rows` sequences of random tokens.
TaskLoss loss_of(const LanguageModel& model, Rng& rng, int64_t rows, int64_t length) {
  Ids tokens({rows, length}), targets({rows, length});
  for (int64_t row = 0; row < rows; ++row) {
    int32_t held = 0;
    for (int64_t i = row * length; i < (row + 1) * length; ++i) {
      tokens.data()[i] = static_cast<int32_t>(rng.below(3));
      targets.data()[i] = held = tokens[i] > 0 ? tokens[i] : held;
    }
  }
  State state = model.start(rows);
  const LossAndAccuracy result = model.loss(tokens, targets, state);
  return {result.loss, result.accuracy};
}

void build(TrainedRun& run, const KeptTexts&) {
  run.model = std::make_unique<LanguageModel>(run.params, token_network(run.config, /*vocab=*/3));
}

OpenTask open(TrainedRun& run, const KeptTexts& kept) {
  build(run, kept);
  const LanguageModel& model = *run.model;
  const int64_t rows = run.config.batch, length = run.config.get<int64_t>("length");
  const auto seed = static_cast<uint64_t>(run.config.train.seed);
  OpenTask opened;
  opened.title = opened.summary = "latch";
  opened.task.tokens_per_step = static_cast<double>(rows * length);
  opened.task.loss = [&model, rows, length, seed](int64_t step, int64_t, Rng&) {
    Rng draws(seed, static_cast<uint64_t>(step));  // a step always has the same data
    return loss_of(model, draws, rows, length);
  };
  opened.task.validate = [&model, length] {
    Rng draws(/*seed=*/0, 0);
    const TaskLoss result = loss_of(model, draws, 64, length);
    return Evaluation{static_cast<double>(result.loss.item()), result.accuracy};
  };
  return opened;
}

TaskRow latch() {
  TaskRow row;
  row.name = "latch";
  row.help = "which token was set last?";
  row.options = {{"length", 8, "steps of a sequence"}};
  row.network = token_options();
  row.presets = {{"small", "8 steps", {{"layers", 1}, {"dim", 16}, {"batch", 32}, {"steps", 300}, {"lr", 1e-2}}}};
  row.build = build;
  row.open = open;
  return row;
}

}  // namespace

int main() {
  register_task(latch());
  TrainedRun run = new_run(preset("latch", "small"));
  const OpenTask opened = task_row("latch").open(run, KeptTexts());
  const TrainResult result = train(run.config.train, run.params, opened.task);
  std::printf("accuracy %.2f after %lld steps\n", result.best.accuracy, static_cast<long long>(result.steps));
  return result.best.accuracy > 0.9 ? 0 : 1;
}
