// scangrad forecast RUN: what comes after a series, from a network that was trained on its like.
//
//   scangrad forecast runs/load --steps 48 --out forecast.csv
//   ...
//   forecast.csv forecast.svg forecast.png
//
// The last steps of the series go through the network in one scan; after that each forecast is one step from the
// carried state, its input the forecast before. Numbers come in the units of the data.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../models/runs/trained_run.h"
#include "../plot/panels.h"
#include "commands.h"
#include "series_run.h"

namespace scangrad_tools {

using namespace scangrad;
namespace fs = std::filesystem;

namespace {

struct ForecastOptions {
  std::string run, data, out;
  int64_t steps = 0, context = 0, back = 0;
};

Table forecast_after(const TrainedRun& run, const SeriesData& data, int64_t end, int64_t context, int64_t steps) {
  const NoGrad no_grad;
  State state = run.series->start(1);
  const Tensor y = forecast(*run.series, data.windows({end - context}, context), state, steps - 1);
  Table table{data.scaling().columns, {}};
  for (int64_t step = context - 1; step < context - 1 + steps; ++step)
    for (int64_t column = 0; column < data.width(); ++column)
      table.values.push_back(
          data.scaling().to_units(static_cast<double>(y.data()[step * data.width() + column]), column));
  return table;
}

// The end of the series, and the forecast beside or behind it: a panel for each column.
std::vector<Panel> panels_of(const SeriesData& data, const Table& table, int64_t end) {
  constexpr int64_t kMostPanels = 8, kLeast = 48;
  const int64_t begin = std::max<int64_t>(0, end - std::max(3 * table.rows(), kLeast));
  std::vector<Panel> panels;
  for (int64_t column = 0; column < std::min(data.width(), kMostPanels); ++column) {
    Line known{"data", {}}, said{"forecast", {}};
    for (int64_t step = begin; step < std::min(end + table.rows(), data.steps()); ++step)
      known.points.emplace_back(step, data.value(step, column));
    said.points.emplace_back(end - 1, data.value(end - 1, column));
    for (int64_t step = 0; step < table.rows(); ++step)
      said.points.emplace_back(end + step, table.values[static_cast<size_t>(step * table.width() + column)]);
    panels.push_back({"step", table.columns[static_cast<size_t>(column)], {known, said}});
  }
  return panels;
}

// How far a forecast of steps that are known is off. A network does better on those that it was trained on.
void say_difference(const SeriesData& data, const Table& table, int64_t end, int64_t known, int64_t trained) {
  ColumnErrors errors(data.width());
  for (int64_t step = 0; step < known; ++step)
    for (int64_t column = 0; column < data.width(); ++column)
      errors.add(column,
                 table.values[static_cast<size_t>(step * data.width() + column)] - data.value(end + step, column));
  errors.divide(static_cast<double>(known));
  for (size_t i = 0; i < std::min<size_t>(table.columns.size(), 8); ++i)
    fmt::print("{}: mean squared error {:.4g}, mean absolute error {:.4g} in the {} steps that are known\n",
               table.columns[i], errors.squared[i], errors.absolute[i], known);
  if (trained > end)
    fmt::print("{} of these steps were trained on: they say little about others\n", std::min(trained - end, known));
}

int forecast_series(const ForecastOptions& options) {
  const TrainedRun run = load_run(options.run);
  check(run.config.task == "series", "forecast: {} is a run of train {}, but one of train series is needed",
        options.run, run.config.task);
  check(forecasts(run.config), "forecast: {} says labels, but a run that forecasts is needed", options.run);
  RunConfig config = run.config;
  if (!options.data.empty()) config.series.data = options.data;
  const bool is_other = !options.data.empty();
  const SeriesData data(open_series(config), series_name(config), is_other ? SeriesShares{0, 0} : series_shares(config),
                        &run.scaling.inputs);
  const int64_t steps = options.steps != 0 ? options.steps : config.series.horizon;
  check(steps >= 1, "forecast: steps is {}, but at least 1 is needed", steps);
  check(options.back >= 0 && options.back < data.steps(), "forecast: back is {}, but 0 to {} is needed", options.back,
        data.steps() - 1);
  check(options.context >= 0, "forecast: context is {}, but at least 0 is needed", options.context);
  const int64_t end = data.steps() - options.back;
  const int64_t context = std::min(options.context != 0 ? options.context : config.series.length, end);

  const fs::path out = options.out.empty() ? fs::path(options.run) / "forecast.csv" : fs::path(options.out);
  check(out.extension() == ".csv" || out.extension() == ".npy",
        "forecast: --out is '{}', but a name that ends in .csv or .npy is needed", options.out);
  const Table table = forecast_after(run, data, end, context, steps);
  save_series(out.string(), table);
  if (options.back > 0)
    say_difference(data, table, end, std::min(options.back, steps), is_other ? 0 : data.training().end);
  const std::string folder = out.has_parent_path() ? out.parent_path().string() : ".", name = out.stem().string();
  const std::string problem = plot_panels(panels_of(data, table, end), folder, name, Layout::kOverTime);
  if (!problem.empty()) fmt::print("no picture drawn: {}\n", problem);
  fmt::print("{}", out.string());
  for (const char* const ending : {".svg", ".png"})
    if (problem.empty()) fmt::print(" {}", fs::path(out).replace_extension(ending).string());
  fmt::print("\n");
  return 0;
}

}  // namespace

Run add_forecast(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("forecast", "say what comes after a series");
  const auto options = std::make_shared<ForecastOptions>();
  command->add_option("run", options->run, "folder of the run")->required();
  command->add_option("--data", options->data, "another series of the same columns (default: the run's own)");
  command->add_option("--steps", options->steps, "how many to forecast (default: the horizon of the run)");
  command->add_option("--context", options->context, "steps that are read before (default: as trained)");
  command->add_option("--back", options->back, "begin so many steps before the end, to see how it would have done")
      ->capture_default_str();
  command->add_option("--out", options->out,
                      "file of the forecasts, .csv or .npy, with pictures beside it (default: RUN/forecast.csv)");
  return [options] { return forecast_series(*options); };
}

}  // namespace scangrad_tools
