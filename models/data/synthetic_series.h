// A generated series with known best possible forecasts: what a network can still learn is the difference of its error
// to theirs.
//
//   const SyntheticSeries source(/*seed=*/1);
//   const Table table = source.table(10'000);         // temperature, load, wind: like hourly measurements
//   source.least_error(24)                            // mean squared error of each, 24 steps ahead
//
//   x[t] = level + cycles(t) + n[t]            cycles of 24 and of 168 steps, known exactly
//   n[t] = M n[t-1] + e[t]                     M 3 x 3: warm hours follow warm hours, and load follows temperature
//   e[t] ~ N(0, S), S diagonal
//
// At step t the best forecast of n[t + k] is M^k n[t], and the covariance of its error is
//
//   C[k] = S + M S M' + ... + M^(k-1) S M'^(k-1)
//
// The random numbers are those of core/random: the same seed gives the same series.
// Errors: a table of fewer than 1 step. Source: Hamilton, "Time Series Analysis", section 10 (vector autoregressions).
#pragma once

#include <array>

#include "csv_file.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API SyntheticSeries {
 public:
  static constexpr int64_t kSeason = 24, kWidth = 3;
  using Row = std::array<double, kWidth>;

  explicit SyntheticSeries(uint64_t seed) : seed_(seed) {}
  Table table(int64_t steps) const;
  // The best forecast of row `step + ahead` of a table() from the rows up to `step`; the mean squared error of each
  // column of such forecasts.
  static Row best_forecast(const Table& table, int64_t step, int64_t ahead);
  static Row least_error(int64_t ahead);

 private:
  uint64_t seed_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
