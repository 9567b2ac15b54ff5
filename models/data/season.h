// Finds the length of a season: a number of steps after which a series looks like itself.
//
//   const int64_t season = find_season(data, data.training());      // 0: none
//
//   x      a column without its straight line (least squares)
//   v[lag] = mean over t of (x[t] - x[t - lag])^2        averaged over the columns, each in relation to its own mean v
//   drop[S] = mean over k = 1 ... K of 1 - v[k S] / (mean of v between (k - 1) S and k S)          K: up to 4 seasons
//
// Noise leaves v as it is, and a slow change lets it rise with the lag; only at a season and its multiples it falls.
// The season is the S with the largest drop, or the shortest one with nearly the same drop: 24 hours and not 48. There
// is none if the drop is below 0.2 or 6 / sqrt(K steps), which noise could reach.
//
// At most a third of the steps is a season; the last 20,000 steps, 2,000 lags and 16 columns are read.
#pragma once

#include "series_data.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API int64_t find_season(const SeriesData& data, Steps part);

}  // namespace scangrad::SCANGRAD_PRECISION
