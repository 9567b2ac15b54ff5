#include "error_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace scangrad::SCANGRAD_PRECISION {

std::string error_table(const std::vector<std::string>& columns, const std::vector<Forecaster>& forecasters) {
  constexpr size_t kMostColumns = 16, kWidest = 17;  // so that a line fits 80 characters
  size_t wide = 8;
  for (const std::string& name : columns) wide = std::max(wide, std::min(name.size(), kWidest));
  std::string text = fmt::format("{:<{}}  {:<{}}  {}\n", "", wide, "  mean squared error", 13 * forecasters.size(),
                                 "  mean absolute error");
  const auto add_line = [&](const std::string& name, auto cell, const char* mark) {
    text += fmt::format("{:<{}.{}}", name, wide, wide);
    for (const bool squared : {true, false})
      for (size_t i = 0; i < forecasters.size(); ++i)
        text += fmt::format("{}{:>13}", i == 0 ? "  " : "", cell(i, squared));
    text += fmt::format("{}\n", mark);
  };
  const auto is_worse = [&](size_t column) {
    return std::any_of(forecasters.begin(), forecasters.end(), [&](const Forecaster& other) {
      return forecasters[0].errors->squared[column] > other.errors->squared[column];
    });
  };
  add_line(
      "", [&](size_t i, bool) { return forecasters[i].name; }, "");
  for (size_t column = 0; column < std::min(columns.size(), kMostColumns); ++column)
    add_line(
        columns[column],
        [&](size_t i, bool squared) {
          const ColumnErrors& errors = *forecasters[i].errors;
          return fmt::format("{:.4g}", (squared ? errors.squared : errors.absolute)[column]);
        },
        is_worse(column) ? "  worse" : "");
  if (columns.size() > kMostColumns) text += fmt::format("and {} more columns\n", columns.size() - kMostColumns);
  return text;
}

std::string compared(double error, double other, const std::string& name) {
  constexpr double kMost = 1'000;
  if (other == 0) return "that of " + name + " is 0";
  if (error > kMost * other) return fmt::format("over {} times that of {}", kMost, name);
  return fmt::format("{:.2f} times that of {}", error / other, name);
}

}  // namespace scangrad::SCANGRAD_PRECISION
