#include "series_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "../../models/data/synthetic_series.h"
#include "train_command.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

constexpr size_t kMostColumns = 16;  // of which errors are listed

// One forecaster: what it is called, and its errors.
struct Forecaster {
  std::string name;
  const ColumnErrors* errors;
};

void say_table(const std::vector<std::string>& columns, const std::vector<Forecaster>& forecasters) {
  size_t wide = 8;
  for (const std::string& name : columns) wide = std::max(wide, std::min<size_t>(name.size(), 24));
  const auto line = [&](const std::string& name, auto cell) {
    fmt::print("{:<{}.{}}", name, wide, wide);
    for (const bool squared : {true, false})
      for (size_t i = 0; i < forecasters.size(); ++i) fmt::print("{}{:>13}", i == 0 ? "  " : "", cell(i, squared));
    fmt::print("\n");
  };
  fmt::print("{:<{}}  {:<{}}  {}\n", "", wide, "  mean squared error", 13 * forecasters.size(),
             "  mean absolute error");
  line("", [&](size_t i, bool) { return forecasters[i].name; });
  for (size_t column = 0; column < std::min(columns.size(), kMostColumns); ++column)
    line(columns[column], [&](size_t i, bool squared) {
      const ColumnErrors& errors = *forecasters[i].errors;
      return fmt::format("{:.4g}", (squared ? errors.squared : errors.absolute)[column]);
    });
  if (columns.size() > kMostColumns) fmt::print("and {} more columns\n", columns.size() - kMostColumns);
}

// "0.09 times that of the last value": how an error compares with that of another forecaster.
std::string compared(double error, double other, const std::string& whose) {
  return other > 0 ? fmt::format("{:.2f} times that of {}", error / other, whose) : "that of " + whose + " is 0";
}

}  // namespace

bool is_made_up(const RunConfig& config) {
  return forecasts(config) && config.series.data.empty();
}

Table open_series(const RunConfig& config) {
  return is_made_up(config) ? SyntheticSeries(/*seed=*/1).table(10'000)
                            : read_series(config.series.data, config.series.columns);
}

std::string series_name(const RunConfig& config) {
  return is_made_up(config) ? "a made-up series" : std::filesystem::path(config.series.data).filename().string();
}

SeriesTaskConfig series_task_config(const RunConfig& config) {
  return {.length = config.series.length,
          .horizon = config.series.horizon,
          .season = config.series.season,
          .batch = config.batch,
          .accumulate = config.train.accumulate,
          .seed = static_cast<uint64_t>(config.train.seed),
          .validation_windows = config.series.validation_windows};
}

SeriesShares series_shares(const RunConfig& config) {
  return {config.series.validation_share, config.series.test_share};
}

SequenceFiles sequence_files(const RunConfig& config) {
  return {config.series.data, config.series.labels, config.series.lengths, config.series.head};
}

void say_errors(const std::string& what, const SeriesEvaluation& result, const SeriesData& data,
                const SeriesTaskConfig& config) {
  const std::string season = fmt::format("{} before", config.season);
  std::vector<Forecaster> forecasters = {{"network", &result.network}, {"last value", &result.last_value}};
  if (config.season > 0) forecasters.push_back({season, &result.season});
  fmt::print("\n{} forecasts of {} to {} steps ahead, in units of the data\n", result.windows, 1, config.horizon);
  say_table(data.scaling().columns, forecasters);
  const double error = result.network.standardised(data.scaling());
  fmt::print("\n{} error {:.4f} (mean square, deviations as units): {}", what, error,
             compared(error, result.last_value.standardised(data.scaling()), "the last value"));
  if (config.season > 0)
    fmt::print(", {}",
               compared(error, result.season.standardised(data.scaling()), counted(config.season, "step") + " before"));
  fmt::print("\n");
}

void say_errors(const std::string& what, const SequenceEvaluation& result, const SequenceData& data) {
  if (data.is_classes()) {
    fmt::print("{} accuracy {:.2f} % on {} unseen sequences (loss {:.4f}); the most frequent class has {:.2f} %\n",
               what, 100 * result.network.accuracy, result.sequences, result.network.loss, 100 * result.guess_accuracy);
    return;
  }
  fmt::print("\n{} unseen sequences, in units of the labels\n", result.sequences);
  say_table(data.scaling().labels.columns, {{"network", &result.errors}, {"always mean", &result.guess}});
  fmt::print("\n{} error {:.4f} (mean square, deviations as units): {}\n", what, result.network.loss,
             compared(result.network.loss, result.guess.standardised(data.scaling().labels), "the mean"));
}

}  // namespace scangrad_tools
