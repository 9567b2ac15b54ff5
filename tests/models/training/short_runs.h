// Short training runs of each task, for tests of what must hold in all of them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "../../../models/data/npy_file.h"
#include "../../../models/data/synthetic_series.h"
#include "../../../models/data/synthetic_text.h"
#include "../../../models/tasks/copy/copy_task.h"
#include "../../../models/tasks/sequences/sequence_task.h"
#include "../../../models/tasks/series/series_task.h"
#include "../../../models/tasks/text/text_task.h"
#include "../../temporary_folder.h"
#include "../../testing.h"

namespace scangrad::SCANGRAD_PRECISION {

struct ShortRun {
  std::string task = "copy", mixer = "mingru";
  int64_t steps = 12, batch = 8, length = 30, dim = 16;
};

struct Learned {
  std::vector<double> losses;  // of every step
  Tensor weights;              // after the last step
};

using OnStep = std::function<void()>;  // called at the start of each step

inline Learned learn(const ShortRun& run, const OnStep& on_step, const Params& params, Task task) {
  Learned result;
  task.loss = [&, loss = task.loss](int64_t step, int64_t part, Rng& rng) {
    if (on_step) on_step();
    const TaskLoss now = loss(step, part, rng);
    result.losses.push_back(double(now.loss.item()));
    return now;
  };
  train({.steps = run.steps, .lr = 1e-2, .min_lr = 1e-3, .eval_every = 0}, params, task);
  result.weights = params.values().clone();
  return result;
}

// Noise, with its running sum as the label of each step.
inline SequenceData made_up_sequences(const TemporaryFolder& folder, const ShortRun& run) {
  constexpr int64_t kCount = 20;
  Rng rng(5);
  std::vector<double> inputs, labels;
  for (int64_t i = 0; i < kCount; ++i) {
    double sum = 0;
    for (int64_t t = 0; t < run.length; ++t) {
      inputs.push_back(static_cast<double>(rng.normal()));
      sum += inputs.back();
      labels.push_back(sum);
    }
  }
  const std::string x = folder.file("x.npy"), y = folder.file("y.npy");
  save_npy(x, {kCount, run.length}, inputs);
  save_npy(y, {kCount, run.length}, labels);
  return SequenceData::open({x, y, {}, Head::kStep}, {.validation = 0.2, .test = 0});
}

// Each has two layers with every optional part of a block, dropout too.
inline SeriesModelConfig on_numbers(const ShortRun& run, int64_t width, int64_t outputs, bool residual) {
  return {.inputs = width,
          .outputs = outputs,
          .residual = residual,
          .stack = {.mixer = run.mixer,
                    .layers = 2,
                    .dim = run.dim,
                    .expansion = 2,
                    .kernel = 4,
                    .mlp = 2,
                    .dropout = real(0.1)}};
}

inline LanguageModelConfig on_tokens(const ShortRun& run, int64_t vocab) {
  return {.vocab = vocab,
          .stack = {
              .mixer = run.mixer, .layers = 2, .dim = run.dim, .expansion = 2, .kernel = 4, .mlp = 2, .dropout = 0.1}};
}

inline Learned learn_series(const ShortRun& run, const OnStep& on_step, const Params& params) {
  const SeriesData data(SyntheticSeries(1).table(4 * run.length + 100), "series", {});
  const SeriesModel model(params, on_numbers(run, data.width(), data.width(), /*residual=*/true));
  const SeriesTaskConfig windows{.length = run.length, .horizon = 3, .batch = run.batch, .validation_windows = 2};
  return learn(run, on_step, params, series_task(model, data, windows));
}

inline Learned learn_sequences(const ShortRun& run, const OnStep& on_step, const Params& params) {
  const TemporaryFolder folder;
  const SequenceData data = made_up_sequences(folder, run);
  const SeriesModel model(params, on_numbers(run, data.width(), data.outputs(), /*residual=*/false));
  return learn(run, on_step, params, sequence_task(model, data, 42, run.batch, 1));
}

inline Learned learn_text(const ShortRun& run, const OnStep& on_step, const Params& params) {
  const TextData text = TextData::from_text(SyntheticText(1).text(10 * run.length + 1'000), Level::kChar, "text");
  const LanguageModel model(params, on_tokens(run, text.vocabulary().size()));
  const TextTaskConfig windows{.length = run.length, .batch = run.batch, .validation_windows = 2};
  return learn(run, on_step, params, text_task(model, text, windows));
}

inline Learned learn_copying(const ShortRun& run, const OnStep& on_step, const Params& params) {
  const SelectiveCopying data({.length = run.length - 4, .tokens = 4, .vocab = 8});
  const LanguageModel model(params, on_tokens(run, 8));
  return learn(run, on_step, params, copy_task(model, data, 42, run.batch, 1, 2));
}

inline Learned learn(const ShortRun& run, const OnStep& on_step = nullptr) {
  using Learn = Learned (*)(const ShortRun&, const OnStep&, const Params&);
  const std::map<std::string, Learn> of_task{
      {"copy", learn_copying}, {"text", learn_text}, {"series", learn_series}, {"sequences", learn_sequences}};
  return of_task.at(run.task)(run, on_step, Params(11));
}

}  // namespace scangrad::SCANGRAD_PRECISION
