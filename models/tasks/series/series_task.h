// Trains a network to forecast a series, and compares its forecasts with simple ones that need no network.
//
// A window is `length` steps that are seen and `horizon` steps that are not. The network reads the first part in one
// call and forecasts the next step from each step; after that its own forecasts are its input, step by step:
//
//   y[t] = model(x[t]) for t < length                    y[t] = model(y[t-1]) for the last horizon - 1 steps
//
// The loss is the mean squared error of all of these, in standardised units. The gradient flows through the network's
// own forecasts too, so it learns to continue from them.
//
// An evaluation measures the forecasts 1 ... horizon steps ahead from every step of a part (or from `windows` of them,
// evenly spread), after a context of `length` steps, in the units of the data. The same points are forecast without a
// network: simple_forecasts.h.
//
// Errors: sizes below 1, a batch that does not divide into accumulate, parts that are too short.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "../../data/series_data.h"
#include "../../networks/series_model.h"
#include "../../training/train.h"

namespace scangrad::SCANGRAD_PRECISION {

struct SeriesTaskConfig {
  int64_t length = 96;
  int64_t horizon = 1;
  int64_t season = 0;  // steps; 0: none
  int64_t batch = 32;  // windows of a step
  int64_t accumulate = 1;
  uint64_t seed = 42;
  int64_t validation_windows = 0;  // 0: from every step
};

// How many steps must be known before the first forecast of an evaluation.
SCANGRAD_API int64_t steps_before(const SeriesTaskConfig& config);

// What follows each step of x (B, T, F), and then `more` of the forecasts themselves: (B, T + more, F).
SCANGRAD_API Tensor forecast(const SeriesModel& model, const Tensor& x, State& state, int64_t more,
                             Rng* training = nullptr);

struct SeriesEvaluation {
  int64_t windows = 0;  // after which forecasts were made
  ColumnErrors network;
  std::vector<std::pair<std::string, ColumnErrors>> simple;  // name and errors

  // The simple forecasts with the lowest error.
  const std::pair<std::string, ColumnErrors>& strongest(const Scaling& scaling) const;
};

SCANGRAD_API SeriesEvaluation evaluate_series(const SeriesModel& model, const SeriesData& data, Steps part,
                                              const SeriesTaskConfig& config);

// `model` and `data` must outlive the task.
SCANGRAD_API Task series_task(const SeriesModel& model, const SeriesData& data, const SeriesTaskConfig& config);

}  // namespace scangrad::SCANGRAD_PRECISION
