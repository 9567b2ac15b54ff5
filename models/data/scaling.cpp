#include "scaling.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "../../core/check.h"
#include "../../core/files/atomic_file.h"
#include "../../core/files/json.h"
#include "../../core/files/mapped_file.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kMostColumns = 100'000;

Json json_of(const Scaling& scaling) {
  return {{"columns", scaling.columns}, {"mean", scaling.mean}, {"deviation", scaling.deviation}};
}

// Calls fits(condition) for each condition that the file must meet.
template <class Fits>
Scaling parse_scaling(const Json& json, Fits fits) {
  fits(json.is_object());
  for (const char* name : {"columns", "mean", "deviation"}) {
    fits(json.contains(name) && json[name].is_array() && json[name].size() == json["columns"].size());
    for (const Json& each : json[name]) fits(name == std::string("columns") ? each.is_string() : each.is_number());
  }
  const Scaling scaling{json["columns"].get<std::vector<std::string>>(), json["mean"].get<std::vector<double>>(),
                        json["deviation"].get<std::vector<double>>()};
  for (const double deviation : scaling.deviation) fits(deviation > 0);
  return scaling;
}

}  // namespace

double Scaling::to_standard(double x, int64_t column) const {
  const auto i = static_cast<size_t>(column);
  return (x - mean[i]) / deviation[i];
}

double Scaling::to_units(double z, int64_t column) const {
  const auto i = static_cast<size_t>(column);
  return z * deviation[i] + mean[i];
}

ScalingSums::ScalingSums(int64_t width) {
  check(width <= kMostColumns, "scaling: there are {} columns, but at most {} are supported", width, kMostColumns);
  mean_.resize(static_cast<size_t>(width));
  squares_.resize(static_cast<size_t>(width));
}

void ScalingSums::add(const double* row) {
  ++count_;
  for (size_t i = 0; i < mean_.size(); ++i) {
    const double before = row[i] - mean_[i];
    mean_[i] += before / static_cast<double>(count_);
    squares_[i] += before * (row[i] - mean_[i]);
  }
}

Scaling ScalingSums::scaling(const std::vector<std::string>& columns) const {
  Scaling result{columns, mean_, {}};
  for (size_t i = 0; i < squares_.size(); ++i) {
    const double deviation = std::sqrt(squares_[i] / static_cast<double>(count_));
    // Of a constant column only rounding errors are left, and nothing may be divided by them.
    result.deviation.push_back(deviation > 1e-12 * std::abs(mean_[i]) ? deviation : 1);
  }
  return result;
}

void ColumnErrors::add(int64_t column, double error) {
  squared[static_cast<size_t>(column)] += error * error;
  absolute[static_cast<size_t>(column)] += std::abs(error);
}

void ColumnErrors::divide(double count) {
  for (std::vector<double>* const sums : {&squared, &absolute})
    for (double& sum : *sums) sum /= count;
}

double ColumnErrors::standardised(const Scaling& scaling) const {
  double sum = 0;
  for (size_t i = 0; i < squared.size(); ++i) sum += squared[i] / (scaling.deviation[i] * scaling.deviation[i]);
  return sum / static_cast<double>(squared.size());
}

void SeriesScaling::save(const std::string& path) const {
  Json json{{"inputs", json_of(inputs)}, {"labels", json_of(labels)}, {"classes", classes}};
  AtomicFile file(path);
  file.write(json_text(json, 1) + "\n");
  file.commit();
}

SeriesScaling SeriesScaling::load(const std::string& path) {
  return parse(read_text(path), path);
}

SeriesScaling SeriesScaling::parse(const std::string& text, const std::string& name) {
  // A saved scaling is never nested deeper, and has no more numbers.
  const Json json = parse_bounded<Json>(text, /*depth=*/3, 6 * kMostColumns + 100);
  const auto fits = [&](bool condition) {
    check(condition, "scaling: {} does not hold the scaling of a series", name);
  };
  fits(json.is_object() && json.contains("inputs") && json.contains("labels") && json.contains("classes") &&
       json["classes"].is_number_integer());
  const SeriesScaling result{parse_scaling(json["inputs"], fits), parse_scaling(json["labels"], fits),
                             json["classes"].get<int64_t>()};
  fits(result.inputs.width() >= 1 && result.classes >= 0);
  return result;
}

}  // namespace scangrad::SCANGRAD_PRECISION
