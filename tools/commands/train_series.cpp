// scangrad train series: learns to forecast a series of real numbers, or to label many of them.
//
//   scangrad train series --data load.csv --season 24 --horizon 24 --out runs/load       CSV or .npy (T, F)
//   ...
//   test error 0.1432 (mean square, deviations as units): 0.09 times that of the last value, 0.45 times that of 24
//   steps before
//
//   scangrad train series --data x.npy --labels y.npy --head mean --out runs/classes     .npy (N, T, F) and (N)
//   ...
//   test accuracy 97.50 % on 120 unseen sequences (loss 0.0812); the most frequent class has 35.00 %
//
// A series is cut in time: its end tests, what lies before validates, the rest trains.
#include <fmt/format.h>

#include <numeric>
#include <optional>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../models/data/synthetic_series.h"
#include "../../models/runs/run_folder.h"
#include "../../models/runs/trained_run.h"
#include "commands.h"
#include "series_run.h"
#include "train_command.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

int train_forecasts(TrainOptions& options, const SeriesScaling* known) {
  const RunConfig& config = options.config;
  check(config.series.lengths.empty(), "scangrad: --lengths belongs to --labels, but none are given");
  const SeriesData data(open_series(config), series_name(config), series_shares(config),
                        known != nullptr ? &known->inputs : nullptr);
  check(data.test().count() >= config.series.horizon,
        "series: the test part of {} has {} steps, but forecasts {} steps ahead need as many", data.name(),
        data.test().count(), config.series.horizon);
  const SeriesScaling scaling{data.scaling(), {}, 0};
  const Params params(static_cast<uint64_t>(config.train.seed));
  const SeriesModel model(params, series_model_config(config, scaling));
  Task task = series_task(model, data, series_task_config(config));
  if (is_made_up(config)) task.data_fingerprint = kMadeUp;
  if (!options.replay.empty()) return replay_step(options, params, task);
  open_folder(options);
  const RunLock lock(options.folder());
  fmt::print("{} on {}: {} training, {} validation and {} test steps of {}; ", config.model.stack.mixer.name,
             data.name(), data.training().count(), data.validation().count(), data.test().count(),
             counted(data.width(), "column"));
  const TrainResult result =
      run_training(options, params, task, fmt::format("{} on {}", config.model.stack.mixer.name, data.name()),
                   [&] { scaling.save(options.folder() + "/scaling.json"); });
  if (result.interrupted) return kInterrupted;
  SeriesTaskConfig judged = series_task_config(config);
  judged.validation_windows = 0;
  say_errors("test", evaluate_series(model, data, data.test(), judged), data, judged);
  if (is_made_up(config)) {
    double least = 0;
    for (int64_t ahead = 1; ahead <= config.series.horizon; ++ahead) {
      const SyntheticSeries::Row errors = SyntheticSeries::least_error(ahead);
      for (size_t i = 0; i < errors.size(); ++i)
        least += errors[i] / (data.scaling().deviation[i] * data.scaling().deviation[i]);
    }
    fmt::print("the best forecasts that this source allows have {:.4f}\n",
               least / static_cast<double>(config.series.horizon * SyntheticSeries::kWidth));
  }
  fmt::print("to forecast what comes next: {} forecast {}\n", program_name(), shell_word(options.folder()));
  return 0;
}

int train_labels(TrainOptions& options, const SeriesScaling* known) {
  const RunConfig& config = options.config;
  check(!config.series.data.empty(), "scangrad: --labels needs the sequences they belong to: --data x.npy");
  check(config.series.columns.empty(), "scangrad: --columns belongs to one series, but labels are given");
  const SequenceData data = SequenceData::open(sequence_files(config), series_shares(config), known);
  check(!data.test().empty(), "sequences: none of {} tests, but at least one is needed", data.all().size());
  const Params params(static_cast<uint64_t>(config.train.seed));
  const SeriesModel model(params, series_model_config(config, data.scaling()));
  const Task task =
      sequence_task(model, data, static_cast<uint64_t>(config.train.seed), config.batch, config.train.accumulate);
  if (!options.replay.empty()) return replay_step(options, params, task);
  open_folder(options);
  const RunLock lock(options.folder());
  const std::string name = series_name(config);
  fmt::print(
      "{} on {}: {} training, {} validation and {} test sequences, {}; ", config.model.stack.mixer.name, name,
      data.training().size(), data.validation().size(), data.test().size(),
      data.is_classes() ? fmt::format("{} classes", data.outputs()) : counted(data.outputs(), "number") + " a label");
  const TrainResult result =
      run_training(options, params, task, fmt::format("{} on {}", config.model.stack.mixer.name, name),
                   [&] { data.scaling().save(options.folder() + "/scaling.json"); });
  if (result.interrupted) return kInterrupted;
  const int64_t rows = config.batch / config.train.accumulate;
  say_errors("test", evaluate_sequences(model, data, data.test(), rows), data);
  return 0;
}

}  // namespace

int train_series(TrainOptions& options) {
  RunConfig& config = options.config;
  check_options(config.train);
  const SeriesConfig before = options.before ? options.before->series : SeriesConfig();
  for (std::string SeriesConfig::*const file : {&SeriesConfig::data, &SeriesConfig::labels, &SeriesConfig::lengths})
    if (!(config.series.*file).empty()) config.series.*file = absolute_path(config.series.*file, before.*file);
  if (is_made_up(config) && config.series.season == 0) config.series.season = SyntheticSeries::kSeason;
  std::optional<SeriesScaling> known;  // what the network saw stays what it was
  if (!options.resume.empty()) known = SeriesScaling::load(options.resume + "/scaling.json");
  if (!options.replay.empty()) known = SeriesScaling::parse(options.kept("scaling.json"), options.replay);
  const SeriesScaling* const scaling = known ? &*known : nullptr;
  return forecasts(config) ? train_forecasts(options, scaling) : train_labels(options, scaling);
}

}  // namespace scangrad_tools
