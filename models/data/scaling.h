// Standardises columns of numbers to mean 0 and standard deviation 1, and converts back to their own units.
//
//   z = (x - mean) / deviation            x = z * deviation + mean
//
// Mean and deviation come from the training data and are saved with the network, so that its forecasts from any data
// can be converted to units. A constant column has deviation 1.
//
//   ScalingSums sums(2);
//   for (const double* row : rows) sums.add(row);
//   const Scaling scaling = sums.scaling({"load", "temperature"});
//
// Errors: more than 100,000 columns.
// Source: Welford's running sums, which need one pass and stay accurate if the mean is large.
#pragma once

#include <string>
#include <vector>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

struct SCANGRAD_API Scaling {
  std::vector<std::string> columns;
  std::vector<double> mean, deviation;  // of each column
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

// The errors of forecasts for each column, in its own units: add() sums them, divide() makes means of the sums.
struct SCANGRAD_API ColumnErrors {
  explicit ColumnErrors(int64_t width = 0)
      : squared(static_cast<size_t>(width)), absolute(static_cast<size_t>(width)) {}
  void add(int64_t column, double error);
  void divide(double count);
  // The mean over the columns of squared error / deviation^2: the loss that training minimises.
  double standardised(const Scaling& scaling) const;
  std::vector<double> squared, absolute;
};

// What a run keeps about its series, as scaling.json in its folder.
struct SCANGRAD_API SeriesScaling {
  Scaling inputs;
  Scaling labels;       // of labels that are real numbers; otherwise it has no columns
  int64_t classes = 0;  // number of classes of labels that are classes; otherwise 0

  void save(const std::string& path) const;
  // Errors: a file that cannot be read, or holds something else.
  static SeriesScaling load(const std::string& path);
  static SeriesScaling parse(const std::string& text, const std::string& name);  // the content of a saved file
};

}  // namespace scangrad::SCANGRAD_PRECISION
