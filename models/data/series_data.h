// A series of real numbers, divided in time into a training, a validation and a test part.
//
//   const Table table = read_series("load.csv");               // or .npy, (T, F) or (T)
//   const SeriesData data(table, "load.csv", {.validation = 0.1, .test = 0.1});
//   Tensor x = data.windows({0, 100}, /*length=*/48);          // (2, 48, F), standardised
//
// The parts follow each other in time, so that training sees nothing of the later parts. Mean and deviation are those
// of the training part alone (scaling.h), or those with which a network was trained.
//
// Errors: those of the readers; numbers that are not finite; no steps left to train on; columns other than those of the
// network.
#pragma once

#include "../../core/tensor.h"
#include "csv_file.h"
#include "scaling.h"

namespace scangrad::SCANGRAD_PRECISION {

// A file with the ending .npy is read as such, any other as CSV. `columns`: names, such as "a,b"; empty: all columns.
SCANGRAD_API Table read_series(const std::string& path, const std::string& columns = "");
SCANGRAD_API void save_series(const std::string& path, const Table& table);

struct SeriesShares {
  double validation = 0.1, test = 0.1;  // of the steps; the rest trains
};

// Steps begin ... end - 1.
struct Steps {
  int64_t begin = 0, end = 0;
  int64_t count() const { return end - begin; }
};

class SCANGRAD_API SeriesData {
 public:
  // `name` is its name in messages. `known`: a scaling to use instead of that of the training part.
  SeriesData(const Table& table, const std::string& name, const SeriesShares& shares, const Scaling* known = nullptr);

  const std::string& name() const { return name_; }
  int64_t steps() const { return table_.rows(); }
  int64_t width() const { return table_.width(); }
  const Scaling& scaling() const { return scaling_; }
  Steps training() const { return training_; }
  Steps validation() const { return validation_; }
  Steps test() const { return test_; }
  // In the data's own units.
  double value(int64_t step, int64_t column) const {
    return table_.values[static_cast<size_t>(step * width() + column)];
  }
  uint64_t fingerprint() const;  // of all values: core/files/fingerprint.h
  // Standardised windows of steps begin ... begin + length - 1, one for each row.
  Tensor windows(const std::vector<int64_t>& begins, int64_t length) const;

 private:
  Table table_;
  std::string name_;
  Steps training_, validation_, test_;
  Scaling scaling_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
