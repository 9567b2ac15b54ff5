// Short trainings of each task, for what has to be the same in all of them.
#pragma once

#include <string>
#include <vector>

#include "../../models/copy_task.h"
#include "../../models/series_task.h"
#include "../../models/synthetic_series.h"
#include "../../models/synthetic_text.h"
#include "../../models/text_task.h"
#include "../testing.h"

namespace scangrad::inline SCANGRAD_PRECISION {

struct ShortRun {
  std::string task = "copy", mixer = "mingru";
  int64_t steps = 12, batch = 8, length = 30, dim = 16;
};

struct Learned {
  std::vector<double> losses;  // of every step
  Tensor weights;              // those at the end
};

inline Learned learn(const ShortRun& run, const Params& params, Task task) {
  Learned result;
  task.loss = [&result, loss = task.loss](int64_t step, int64_t part, Rng& rng) {
    const TaskLoss now = loss(step, part, rng);
    result.losses.push_back(double(now.loss.item()));
    return now;
  };
  train({.steps = run.steps, .lr = 1e-2, .min_lr = 1e-3, .eval_every = 0}, params, task);
  result.weights = params.values().clone();
  return result;
}

// Two layers with all that a block can have, dropout too.
inline Learned learn(const ShortRun& run) {
  const Params params(11);
  if (run.task == "series") {
    const SeriesData data(SyntheticSeries(1).table(4 * run.length + 100), "series", {});
    const SeriesModel model(params, {.inputs = data.width(),
                                     .outputs = data.width(),
                                     .residual = true,
                                     .stack = {.mixer = run.mixer,
                                               .layers = 2,
                                               .kernel = 4,
                                               .mlp = 2,
                                               .dropout = real(0.1),
                                               .options = {.dim = run.dim, .expansion = 2}}});
    return learn(
        run, params,
        series_task(model, data, {.length = run.length, .horizon = 3, .batch = run.batch, .validation_windows = 2}));
  }
  const bool copies = run.task == "copy";
  const TextData text = TextData::from_text(SyntheticText(1).text(10 * run.length + 1'000), Level::kChar, "text");
  const SelectiveCopying data({.length = run.length - 4, .tokens = 4, .vocab = 8});
  const LanguageModel model(params, {.vocab = copies ? 8 : text.vocabulary().size(),
                                     .mixer = run.mixer,
                                     .layers = 2,
                                     .dim = run.dim,
                                     .expansion = 2,
                                     .kernel = 4,
                                     .mlp = 2,
                                     .dropout = 0.1});
  const TextTaskConfig windows{.length = run.length, .batch = run.batch, .validation_windows = 2};
  return learn(run, params, copies ? copy_task(model, data, 42, run.batch, 1, 2) : text_task(model, text, windows));
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
