// Forecasts that need no network: what a network has to be better than.
//
//   last value          y[t + a] = x[t]
//   mean                y[t + a] = the mean of the training part
//   trend               y[t + a] = x[t] + a (x[t] - x[0]) / t                     without a season
//   season              y[t + a] = x[t + a - k S]                                 with a season of S steps
//   moved season        y[t + a] = x[t + a - k S] + k (x[t] - x[t - S])           with a season of S steps
//
// t is the last step that was seen, a the number of steps ahead, k the fewest seasons back to a step that was seen. The
// two with a season need S steps before step t.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "../../data/series_data.h"

namespace scangrad::SCANGRAD_PRECISION {

struct SimpleForecast {
  std::string name;
  std::function<double(const SeriesData& data, int64_t last, int64_t ahead, int64_t column)> at;
};

SCANGRAD_API std::vector<SimpleForecast> simple_forecasts(int64_t season);

}  // namespace scangrad::SCANGRAD_PRECISION
