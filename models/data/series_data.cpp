#include "series_data.h"

#include <cmath>
#include <sstream>

#include "../../core/check.h"
#include "../../core/files/fingerprint.h"
#include "../../core/files/text.h"
#include "npy_file.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

bool is_npy(const std::string& path) {
  return path.size() >= 4 && path.compare(path.size() - 4, 4, ".npy") == 0;
}

std::vector<std::string> names_of(const std::string& columns) {
  std::vector<std::string> names;
  std::istringstream in(columns);
  for (std::string name; std::getline(in, name, ',');) names.push_back(name);
  return names;
}

Table read_npy(const std::string& path, const std::vector<std::string>& wanted) {
  const NpyFile file(path);
  const Shape& shape = file.shape();
  check((shape.rank() == 1 || shape.rank() == 2) && shape.numel() > 0,
        "series: {} has shape {}, but (T, F) or (T) with at least one step is needed", path, shape);
  const int64_t width = shape.rank() == 1 ? 1 : shape[1];
  const std::vector<std::string> names = numbered_columns(width);
  const std::vector<int64_t> taken = find_columns(names, wanted, path);
  const std::vector<double> numbers = file.numbers();
  Table table;
  for (const int64_t column : taken) table.columns.push_back(names[static_cast<size_t>(column)]);
  for (int64_t row = 0; row < shape[0]; ++row)
    for (const int64_t column : taken) table.values.push_back(numbers[static_cast<size_t>(row * width + column)]);
  return table;
}

}  // namespace

Table read_series(const std::string& path, const std::string& columns) {
  return is_npy(path) ? read_npy(path, names_of(columns)) : read_csv(path, names_of(columns));
}

void save_series(const std::string& path, const Table& table) {
  if (is_npy(path))
    save_npy(path, {table.rows(), table.width()}, table.values);
  else
    save_csv(path, table);
}

SeriesData::SeriesData(const Table& table, const std::string& name, const SeriesShares& shares, const Scaling* known)
    : table_(table), name_(name) {
  for (const double share : {shares.validation, shares.test})
    check(share >= 0 && share < 1, "series: a share is {}, but 0 to below 1 is needed", share);
  const auto part = [&](double share) { return static_cast<int64_t>(share * static_cast<double>(steps())); };
  test_ = {steps() - part(shares.test), steps()};
  validation_ = {test_.begin - part(shares.validation), test_.begin};
  training_ = {0, validation_.begin};
  check(training_.count() >= 1, "series: {} has {} steps, of which none is left to train on", name, steps());
  for (int64_t step = 0; step < steps(); ++step)
    for (int64_t column = 0; column < width(); ++column)
      check(std::isfinite(value(step, column)), "series: {} holds {} at step {}, column {}, but every value is needed",
            name, number_text(value(step, column)), step, table_.columns[static_cast<size_t>(column)]);
  if (known != nullptr) {
    check(known->columns == table_.columns, "series: {} has columns {}, but the network was trained on {}", name,
          joined(table_.columns), joined(known->columns));
    scaling_ = *known;
    return;
  }
  ScalingSums sums(width());
  for (int64_t step = 0; step < training_.end; ++step) sums.add(&table_.values[static_cast<size_t>(step * width())]);
  scaling_ = sums.scaling(table_.columns);
}

uint64_t SeriesData::fingerprint() const {
  Fingerprint fingerprint;
  fingerprint.add(width());
  fingerprint.add(table_.values.data(), std::ssize(table_.values));
  return fingerprint.value();
}

Tensor SeriesData::windows(const std::vector<int64_t>& begins, int64_t length) const {
  Tensor result(Shape{static_cast<int64_t>(begins.size()), length, width()});
  real* to = result.mutable_data();
  for (const int64_t begin : begins)
    for (int64_t step = begin; step < begin + length; ++step)
      for (int64_t column = 0; column < width(); ++column)
        *to++ = static_cast<real>(scaling_.to_standard(value(step, column), column));
  return result;
}

}  // namespace scangrad::SCANGRAD_PRECISION
