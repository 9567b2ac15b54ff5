// Columns of numbers brought to mean 0 and deviation 1, and back into their own units.
//
//   z = (x - mean) / deviation            x = z * deviation + mean
//
// Mean and deviation are those of what a network is trained on, and stay with it: what it forecasts from other numbers
// comes in the units of the data all the same. A column that never changes has deviation 1.
//
//   ScalingSums sums(2);
//   for (const double* row : rows) sums.add(row);
//   const Scaling scaling = sums.scaling({"load", "temperature"});
//
// Errors: more than 100,000 columns.
// Source: Welford's running sums, which need one pass and lose no digits to a large mean.
#pragma once

#include <string>
#include <vector>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

struct SCANGRAD_API Scaling {
  std::vector<std::string> columns;
  std::vector<double> mean, deviation;  // of each
  int64_t width() const { return static_cast<int64_t>(columns.size()); }
  double to_standard(double x, int64_t column) const;
  double to_units(double z, int64_t column) const;
};

class SCANGRAD_API ScalingSums {
 public:
  explicit ScalingSums(int64_t width);
  void add(const double* row);
  Scaling scaling(const std::vector<std::string>& columns) const;

 private:
  int64_t count_ = 0;
  std::vector<double> mean_, squares_;  // squares of the distances to the mean
};

// How far numbers are from what they should be, for each column in its own units: sums at first, then means.
struct SCANGRAD_API ColumnErrors {
  explicit ColumnErrors(int64_t width = 0)
      : squared(static_cast<size_t>(width)), absolute(static_cast<size_t>(width)) {}
  void add(int64_t column, double error);
  void divide(double count);
  // The mean of the columns' squared errors, each with its deviation as the unit: what training makes small.
  double standardised(const Scaling& scaling) const;
  std::vector<double> squared, absolute;
};

// What a run on series has to remember of its data, as scaling.json in its folder.
struct SCANGRAD_API SeriesScaling {
  Scaling inputs;
  Scaling labels;       // of real-valued labels; else without columns
  int64_t classes = 0;  // of whole-numbered labels; else 0

  void save(const std::string& path) const;
  // Errors: a file that cannot be read or does not hold this.
  static SeriesScaling load(const std::string& path);
  static SeriesScaling parse(const std::string& text, const std::string& name);  // what a saved file holds
};

}  // namespace scangrad::SCANGRAD_PRECISION
