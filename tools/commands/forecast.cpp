// scangrad forecast RUN: forecasts the next steps of a series with a trained network.
//
//   scangrad forecast runs/load --steps 48 --out forecast.csv
//   ...
//   forecast.csv forecast.svg forecast.png
//
// Numbers are in the units of the data.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "../../core/check.h"
#include "../../models/data/series_data.h"
#include "../../models/tasks/table.h"
#include "../line/help_text.h"
#include "../line/needed_run.h"
#include "../plot/panels.h"
#include "commands.h"

namespace scangrad_tools {

using namespace scangrad;
namespace fs = std::filesystem;

namespace {

// Draws the end of the series and the forecast, with a panel for each column.
Figure figure_of(const Forecast& result) {
  constexpr int64_t kMostPanels = 8, kLeast = 48;
  const auto& [series, table, end, trained] = result;
  const auto at = [](const Table& of, int64_t step, int64_t column) {
    return of.values[static_cast<size_t>(step * of.width() + column)];
  };
  const int64_t begin = std::max<int64_t>(0, end - std::max(3 * table.rows(), kLeast));
  Figure figure{.height = 130};
  for (int64_t column = 0; column < std::min(series.width(), kMostPanels); ++column) {
    Line known{"data", {}, {}, /*marks=*/false}, said{"forecast", {}, {.hue = 1}, /*marks=*/false};
    for (int64_t step = begin; step < std::min(end + table.rows(), series.rows()); ++step)
      known.points.push_back({double(step), at(series, step, column)});
    said.points.push_back({double(end - 1), at(series, end - 1, column)});
    for (int64_t step = 0; step < table.rows(); ++step)
      said.points.push_back({double(end + step), at(table, step, column)});
    const std::string name = table.columns[static_cast<size_t>(column)];
    figure.panels.push_back({.x = "step", .y = name, .lines = {known, said}});
  }
  return figure;
}

// Prints the error of a forecast of known steps. It is smaller on steps that the network was trained on.
void say_difference(const Forecast& result) {
  const auto& [series, table, end, trained] = result;
  const int64_t known = std::min(series.rows() - end, table.rows());
  ColumnErrors errors(series.width());
  for (int64_t i = 0; i < known * series.width(); ++i)
    errors.add(i % series.width(),
               table.values[static_cast<size_t>(i)] - series.values[static_cast<size_t>(end * series.width() + i)]);
  errors.divide(static_cast<double>(known));
  for (size_t i = 0; i < std::min<size_t>(table.columns.size(), 8); ++i)
    fmt::print("{}: mean squared error {:.4g}, mean absolute error {:.4g} in the {} steps that are known\n",
               table.columns[i], errors.squared[i], errors.absolute[i], known);
  if (trained > end)
    fmt::print("{} of these steps were trained on: they say little about others\n", std::min(trained - end, known));
}

int forecast_run(const std::string& folder, const std::string& file, const ForecastOptions& options) {
  check_run(run_with("forecast", &TaskRow::forecast), folder);
  const TrainedRun run = load_run(folder);
  const auto& forecast = function_of(run, &TaskRow::forecast, "forecast", "makes no forecasts");
  const fs::path out = file.empty() ? fs::path(folder) / "forecast.csv" : fs::path(file);
  check(out.extension() == ".csv" || out.extension() == ".npy",
        "forecast: --out is '{}', but a name that ends in .csv or .npy is needed", file);
  const Forecast result = forecast(run, options);
  save_series(out.string(), result.forecast);
  if (options.back > 0) say_difference(result);
  const std::string to = out.has_parent_path() ? out.parent_path().string() : ".", name = out.stem().string();
  const std::string problem = plot_figure(figure_of(result), to, name);
  if (!problem.empty()) fmt::print("no picture drawn: {}\n", problem);
  fmt::print("{}", out.string());
  for (const char* const ending : {".svg", ".png"})
    if (problem.empty()) fmt::print(" {}", fs::path(out).replace_extension(ending).string());
  fmt::print("\n");
  return 0;
}

}  // namespace

Run add_forecast(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("forecast", "forecast what comes after a series");
  const auto options = std::make_shared<ForecastOptions>();
  const auto run = std::make_shared<std::string>(), out = std::make_shared<std::string>();
  command->add_option("run", *run, "folder of the run");
  set_example(*command, "forecast runs/series-small-mingru-seed42 --steps 48");
  command->add_option("--data", options->data, "another series of the same columns (default: the run's own)");
  command->add_option("--steps", options->steps, "number of steps to forecast (default: the horizon of the run)");
  command->add_option("--context", options->context, "number of steps to read before (default: as trained)");
  command->add_option("--back", options->back, "begin this many steps before the end, to compare with what is known")
      ->capture_default_str();
  command->add_option("--out", *out,
                      "file of the forecasts, .csv or .npy, with pictures next to it (default: RUN/forecast.csv)");
  return [run, out, options] { return forecast_run(*run, *out, *options); };
}

}  // namespace scangrad_tools
