// A series of real numbers, cut in time into a part that trains, one that validates and one that tests.
//
//   const Table table = read_series("load.csv");               // or .npy, (T, F) or (T)
//   const SeriesData data(table, "load.csv", {.validation = 0.1, .test = 0.1});
//   Tensor x = data.windows({0, 100}, /*length=*/48);          // (2, 48, F), standardised
//
// The parts follow each other, so that nothing of a later one is seen in an earlier one. Mean and deviation are those
// of the training part alone (scaling.h), or those that a network was trained with.
//
// Errors: what the readers refuse; a series that holds something else than finite numbers; parts that leave nothing to
// train on; columns that are not those of the network.
#pragma once

#include "../../core/tensor.h"
#include "csv_file.h"
#include "scaling.h"

namespace scangrad::SCANGRAD_PRECISION {

// By the ending of the name: .npy, else CSV. `columns` are names, "a,b"; empty: all.
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
  // `name` is what messages call it. `known`: the scaling to use instead of that of the training part.
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
