#include "series_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "../../../core/autograd.h"
#include "../../../core/check.h"
#include "../../../core/files/text.h"
#include "../../../ops/indexing/slice.h"
#include "../../../ops/reduce.h"
#include "../../data/season.h"
#include "../../data/synthetic_series.h"
#include "error_table.h"
#include "series_task.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kFindSeason = -1;

OptionList options() {
  const SeriesShares shares;
  return {
      {"data", "", "one series as CSV or .npy (T, F) (default: a synthetic series)", kFirst},
      {"columns", "", "names of the columns to use: a,b (default: all)", kFirst},
      {"length", 96, "steps of the series that a forecast is made from", kFirst},
      {"horizon", 1, "steps ahead to forecast, each from the forecasts before it", kFirst},
      {"season", kFindSeason,
       "steps of a season, for simple forecasts to compare with; -1: found in the data, 0: none"},
      {"residual", true, "predict the difference between the next step and this one"},
      {"validation_share", shares.validation, "share of the data for validation, before the test part"},
      {"test_share", shares.test, "share of the data for the test, at its end"},
      {"validation_windows", 0, "forecasts of each validation; 0: from every step"},
  };
}

SeriesShares shares_of(const RunConfig& config) {
  return {config.get<double>("validation_share"), config.get<double>("test_share")};
}

// The season that is asked for, or the one of the training part.
int64_t season_of(const RunConfig& config, const SeriesData& data) {
  const int64_t season = config.get<int64_t>("season");
  check(season >= kFindSeason, "series: season is {}, but -1 (found in the data), 0 (none) or more is needed", season);
  return season == kFindSeason ? find_season(data, data.training()) : season;
}

SeriesTaskConfig task_config(const RunConfig& config, const SeriesData& data) {
  return {.length = config.get<int64_t>("length"),
          .horizon = config.get<int64_t>("horizon"),
          .season = season_of(config, data),
          .batch = config.batch,
          .accumulate = config.train.accumulate,
          .seed = static_cast<uint64_t>(config.train.seed),
          .validation_windows = config.get<int64_t>("validation_windows")};
}

// The series at `path`; without one, the synthetic series, whose best forecasts are known.
SeriesData open_series(const RunConfig& config, const std::string& path, const SeriesShares& shares,
                       const Scaling* known) {
  if (path.empty()) return SeriesData(SyntheticSeries(/*seed=*/1).table(10'000), "a made-up series", shares, known);
  return SeriesData(read_series(path, config.get<std::string>("columns")),
                    std::filesystem::path(path).filename().string(), shares, known);
}

// Another series than the run's own has no part that was trained on.
SeriesData open_for(const TrainedRun& run, const std::string& other) {
  const std::string own = run.config.get<std::string>("data");
  return open_series(run.config, other.empty() ? own : other,
                     other.empty() ? shares_of(run.config) : SeriesShares{0, 0}, &run.scaling.inputs);
}

void build_network(TrainedRun& run) {
  run.series = std::make_unique<SeriesModel>(run.params, forecasting_network(run.config, run.scaling.inputs));
}

SeriesScaling kept_scaling(const KeptTexts& kept) {
  return SeriesScaling::parse(kept.text("scaling.json"), kept.source("scaling.json"));
}

void build(TrainedRun& run, const KeptTexts& kept) {
  run.scaling = kept_scaling(kept);
  build_network(run);
}

std::string said_errors(const SeriesEvaluation& result, const Scaling& scaling, const SeriesTaskConfig& config) {
  const auto& [name, errors] = result.strongest(scaling);
  const double error = result.network.standardised(scaling);
  std::string text =
      fmt::format("\n{} forecasts of {} to {} steps ahead, in units of the data\n", result.windows, 1, config.horizon);
  text += error_table(scaling.columns, {{"network", &result.network}, {name, &errors}});
  std::vector<std::string> simple;
  for (const auto& each : result.simple)
    simple.push_back(fmt::format("{} {:.4g}", each.first, each.second.standardised(scaling)));
  text += fmt::format("\ntest error {:.4f} (mean square, deviations as units): {}\nsimple forecasts: {}", error,
                      compared(error, errors.standardised(scaling), "the " + name), joined(simple));
  return text + (config.season > 0 ? fmt::format(" ({})\n", counted(config.season, "step")) : "\n");
}

// The error of the best forecasts of the synthetic series, in the units of its deviations.
double least_error(const Scaling& scaling, int64_t horizon) {
  double sum = 0;
  for (int64_t ahead = 1; ahead <= horizon; ++ahead) {
    const SyntheticSeries::Row errors = SyntheticSeries::least_error(ahead);
    for (size_t i = 0; i < errors.size(); ++i) sum += errors[i] / (scaling.deviation[i] * scaling.deviation[i]);
  }
  return sum / static_cast<double>(horizon * SyntheticSeries::kWidth);
}

OpenTask open(TrainedRun& run, const KeptTexts& kept) {
  const RunConfig& config = run.config;
  const std::string path = config.get<std::string>("data");
  if (!kept.empty()) run.scaling = kept_scaling(kept);
  const auto data = std::make_shared<SeriesData>(
      open_series(config, path, shares_of(config), kept.empty() ? nullptr : &run.scaling.inputs));
  const SeriesTaskConfig sizes = task_config(config, *data);
  check(data->test().count() >= sizes.horizon,
        "series: the test part of {} has {} steps, but forecasts {} steps ahead need as many", data->name(),
        data->test().count(), sizes.horizon);
  run.scaling = {data->scaling(), {}, 0};
  build_network(run);
  const SeriesModel& model = *run.series;
  OpenTask opened;
  opened.task = series_task(model, *data, sizes);
  if (path.empty()) opened.task.data_fingerprint = kMadeUp;
  opened.title = data->name();
  opened.summary =
      fmt::format("{}: {} training, {} validation and {} test steps of {}", data->name(), data->training().count(),
                  data->validation().count(), data->test().count(), counted(data->width(), "column"));
  opened.save = [scaling = run.scaling](const std::string& folder) { scaling.save(folder + "/scaling.json"); };
  opened.report = [&model, data, sizes, path](const TrainResult&) {
    SeriesTaskConfig judged = sizes;
    judged.validation_windows = 0;
    std::string text = said_errors(evaluate_series(model, *data, data->test(), judged), data->scaling(), judged);
    if (path.empty())
      text += fmt::format("the best forecasts that this source allows have {:.4f}\n",
                          least_error(data->scaling(), judged.horizon));
    return text;
  };
  return opened;
}

// Without --data the test part of the run's own series; with it, all forecasts of another one.
std::string evaluate(TrainedRun& run, const Options& given) {
  const std::string other = given.get<std::string>("data");
  RunConfig config = run.config;
  for (const char* const name : {"length", "horizon"})
    if (const int64_t value = given.get<int64_t>(name); value != 0) config.options.set(name, value);
  if (const int64_t season = given.get<int64_t>("season"); season >= 0) config.options.set("season", season);
  const SeriesData data = open_for(run, other);
  SeriesTaskConfig judged = task_config(config, data);
  const int64_t batch = given.get<int64_t>("batch");
  judged.batch = batch != 0 ? batch : judged.batch / judged.accumulate;
  judged.accumulate = 1;
  judged.validation_windows = 0;
  const int64_t seen = std::min(steps_before(judged), data.steps());
  const Steps part = other.empty() ? data.test() : Steps{seen, data.steps()};
  return said_errors(evaluate_series(*run.series, data, part, judged), data.scaling(), judged);
}

// The result whose gradient is shown is the sum of the next step's forecasts.
GateReading gates(const TrainedRun& run, const Options& given) {
  const SeriesData data = open_series(run.config, run.config.get<std::string>("data"), {0, 0}, &run.scaling.inputs);
  const int64_t asked = given.get<int64_t>("steps");
  const int64_t steps = asked != 0 ? asked : std::min(run.config.get<int64_t>("length"), data.steps());
  check(steps >= 1 && steps <= data.steps(), "gates: steps is {}, but 1 to {} is needed", steps, data.steps());
  const Tensor x = data.windows({data.steps() - steps}, steps);
  const SeriesModel& model = *run.series;
  GateReading reading{"the end of " + data.name(), {}, [&model, x, steps](State& state, const Boundaries& at) {
                        return sum(slice(model(x, state, at), 1, steps - 1, steps));
                      }};
  for (int64_t step = data.steps() - steps; step < data.steps(); ++step) reading.labels.push_back(std::to_string(step));
  return reading;
}

// The last steps go through the network in one scan; after that each forecast is one step from the carried state, and
// its input is the forecast before.
Table forecast_after(const SeriesModel& model, const SeriesData& data, int64_t end, int64_t context, int64_t steps) {
  const NoGrad no_grad;
  State state = model.start(1);
  const Tensor y = forecast(model, data.windows({end - context}, context), state, steps - 1);
  Table table{data.scaling().columns, {}};
  for (int64_t step = context - 1; step < context - 1 + steps; ++step)
    for (int64_t column = 0; column < data.width(); ++column)
      table.values.push_back(
          data.scaling().to_units(static_cast<double>(y.data()[step * data.width() + column]), column));
  return table;
}

Forecast forecast_run(const TrainedRun& run, const ForecastOptions& options) {
  const SeriesData data = open_for(run, options.data);
  const int64_t steps = options.steps != 0 ? options.steps : run.config.get<int64_t>("horizon");
  check(steps >= 1, "forecast: steps is {}, but at least 1 is needed", steps);
  check(options.back >= 0 && options.back < data.steps(), "forecast: back is {}, but 0 to {} is needed", options.back,
        data.steps() - 1);
  check(options.context >= 0, "forecast: context is {}, but at least 0 is needed", options.context);
  const int64_t end = data.steps() - options.back;
  const int64_t context = std::min(options.context != 0 ? options.context : run.config.get<int64_t>("length"), end);
  Table series{data.scaling().columns, {}};
  for (int64_t step = 0; step < data.steps(); ++step)
    for (int64_t column = 0; column < data.width(); ++column) series.values.push_back(data.value(step, column));
  return {series, forecast_after(*run.series, data, end, context, steps), end,
          options.data.empty() ? data.training().end : 0};
}

}  // namespace

Options small_series_network() {
  return {{"layers", 2},    {"dim", 32},  {"expansion", 2}, {"kernel", 4},  {"mlp", 2},          {"batch", 32},
          {"steps", 1'000}, {"lr", 3e-3}, {"min_lr", 1e-4}, {"warmup", 50}, {"eval_every", 100}, {"log_every", 25}};
}

SeriesModelConfig forecasting_network(const RunConfig& config, const Scaling& inputs) {
  return {.inputs = inputs.width(),
          .outputs = inputs.width(),
          .head = Head::kStep,
          .residual = config.get<bool>("residual"),
          .stack = config.stack};
}

TaskRow series_row() {
  TaskRow row;
  row.name = "series";
  row.help = "forecast a series of real numbers (with --labels: the task sequences)";
  row.options = options();
  Options small = small_series_network();
  small.set("horizon", 24);  // of hourly data: four days are seen and one is forecast
  row.presets = {{"small", "2 layers, width 32, 96 steps seen and 24 forecast: half a minute", small}};
  row.files = {"data"};
  row.data = {"columns"};
  row.late = {"season"};
  row.kept = {"scaling.json"};
  row.forgotten = {"labels", "lengths", "head"};  // of the time when both tasks were one
  row.switch_option = "labels";
  row.switch_task = "sequences";
  row.example = "--data load.csv --horizon 24";
  row.loss_label = "loss (mean squared error)";
  row.build = build;
  row.open = open;
  row.eval_options = {{"data", "", "another series of the same columns (default: the test part of the run's own)"},
                      {"length", 0, "steps that a forecast is made from (default: as trained)"},
                      {"horizon", 0, "steps ahead to forecast (default: as trained)"},
                      {"season", -1, "steps of a season; 0: none (default: as trained)"},
                      {"batch", 0, "windows at a time (default: as trained)"}};
  row.evaluate = evaluate;
  row.gate_options = {{"steps", 0, "how many of the last steps to read (default: as trained)"}};
  row.gates = gates;
  row.forecast = forecast_run;
  row.next = [](const RunConfig& config) {
    return std::vector<std::string>{"forecast RUN", shows_gates(config) ? "gates RUN" : "eval RUN"};
  };
  return row;
}

}  // namespace scangrad::SCANGRAD_PRECISION
