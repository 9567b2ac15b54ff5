#include "sequence_row.h"

#include <fmt/format.h>

#include <filesystem>

#include "../../../core/check.h"
#include "../../../core/files/text.h"
#include "../../runs/config_fields.h"
#include "../series/error_table.h"
#include "../series/series_row.h"
#include "sequence_task.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

OptionList options() {
  const SeriesShares shares;
  return {
      {"data", "", "the sequences: .npy (N, T, F)", kFirst},
      {"labels", "", ".npy (N) or, with --head step, (N, T): whole numbers are classes, others are real-valued labels",
       kFirst},
      {"lengths", "", ".npy (N): steps of each sequence (default: all have T)", kFirst},
      {"head", Head::kLast, "what the label is read from: the last step, the mean of all steps, or each step", kFirst},
      {"validation_share", shares.validation, "share of the sequences for validation, chosen at random"},
      {"test_share", shares.test, "share of the sequences for the test, chosen at random"},
  };
}

SequenceFiles files_of(const RunConfig& config) {
  return {config.get<std::string>("data"), config.get<std::string>("labels"), config.get<std::string>("lengths"),
          config.get<Head>("head")};
}

SeriesShares shares_of(const RunConfig& config) {
  return {config.get<double>("validation_share"), config.get<double>("test_share")};
}

void prepare(RunConfig& config) {
  check(!config.get<std::string>("labels").empty(), "scangrad: sequences need labels: --labels y.npy");
  check(!config.get<std::string>("data").empty(),
        "scangrad: --labels needs the sequences they belong to: --data x.npy");
}

void build_network(TrainedRun& run) {
  run.series = std::make_unique<SeriesModel>(run.params, labelling_network(run.config, run.scaling));
}

SeriesScaling kept_scaling(const KeptTexts& kept) {
  return SeriesScaling::parse(kept.text("scaling.json"), kept.source("scaling.json"));
}

void build(TrainedRun& run, const KeptTexts& kept) {
  run.scaling = kept_scaling(kept);
  build_network(run);
}

std::string said_errors(const SequenceEvaluation& result, const SequenceData& data) {
  if (data.is_classes())
    return fmt::format(
        "test accuracy {:.2f} % on {} unseen sequences (loss {:.4f}); the most frequent class has {:.2f} %\n",
        100 * result.network.accuracy, result.sequences, result.network.loss, 100 * result.guess_accuracy);
  const Scaling& labels = data.scaling().labels;
  std::string text = fmt::format("\n{} unseen sequences, in units of the labels\n", result.sequences);
  text += error_table(labels.columns, {{"network", &result.errors}, {"always mean", &result.guess}});
  return text + fmt::format("\ntest error {:.4f} (mean square, deviations as units): {}\n", result.network.loss,
                            compared(result.network.loss, result.guess.standardised(labels), "the mean"));
}

OpenTask open(TrainedRun& run, const KeptTexts& kept) {
  const RunConfig& config = run.config;
  if (!kept.empty()) run.scaling = kept_scaling(kept);
  const auto data = std::make_shared<SequenceData>(
      SequenceData::open(files_of(config), shares_of(config), kept.empty() ? nullptr : &run.scaling));
  check(!data->test().empty(), "sequences: none of {} is for the test, but at least one is needed", data->all().size());
  run.scaling = data->scaling();
  build_network(run);
  const SeriesModel& model = *run.series;
  OpenTask opened;
  opened.task =
      sequence_task(model, *data, static_cast<uint64_t>(config.train.seed), config.batch, config.train.accumulate);
  opened.title = std::filesystem::path(config.get<std::string>("data")).filename().string();
  opened.summary = fmt::format("{}: {} training, {} validation and {} test sequences, {}", opened.title,
                               data->training().size(), data->validation().size(), data->test().size(),
                               data->is_classes() ? fmt::format("{} classes", data->outputs())
                                                  : counted(data->outputs(), "number") + " a label");
  opened.save = [scaling = run.scaling](const std::string& folder) { scaling.save(folder + "/scaling.json"); };
  const int64_t rows = config.batch / config.train.accumulate;
  opened.report = [&model, data, rows](const TrainResult&) {
    return said_errors(evaluate_sequences(model, *data, data->test(), rows), *data);
  };
  return opened;
}

// Without --data and --labels the test part of the run's own sequences; with them, all of other sequences.
std::string evaluate(TrainedRun& run, const Options& given) {
  const std::string other = given.get<std::string>("data"), labels = given.get<std::string>("labels"),
                    lengths = given.get<std::string>("lengths");
  check(other.empty() == labels.empty(),
        "eval: other sequences need labels of their own: --data and --labels belong together");
  SequenceFiles files = files_of(run.config);
  if (!other.empty()) {
    files.inputs = other;
    files.labels = labels;
  }
  if (!other.empty() || !lengths.empty()) files.lengths = lengths;
  const SeriesShares shares = other.empty() ? shares_of(run.config) : SeriesShares{0, 0};
  const SequenceData data = SequenceData::open(files, shares, &run.scaling);
  int64_t batch = given.get<int64_t>("batch");
  if (batch == 0) batch = run.config.batch / run.config.train.accumulate;
  return said_errors(evaluate_sequences(*run.series, data, other.empty() ? data.test() : data.all(), batch), data);
}

}  // namespace

SeriesModelConfig labelling_network(const RunConfig& config, const SeriesScaling& scaling) {
  return {.inputs = scaling.inputs.width(),
          .outputs = scaling.classes > 0 ? scaling.classes : scaling.labels.width(),
          .head = config.get<Head>("head"),
          .residual = false,
          .stack = config.stack};
}

TaskRow sequence_row() {
  TaskRow row;
  row.name = "sequences";
  row.help = "label sequences of real numbers, or each of their steps";
  row.options = options();
  row.presets = {{"small", "2 layers, width 32: half a minute", small_series_network()}};
  row.files = {"data", "labels", "lengths"};
  row.kept = {"scaling.json"};
  // Of the time when both tasks were one.
  row.forgotten = {"columns", "length", "horizon", "season", "residual", "validation_windows"};
  row.example = "--data x.npy --labels y.npy";
  row.loss_label = "loss (nats per label)";
  row.loss_label_of_numbers = "loss (mean squared error)";
  row.prepare = prepare;
  row.build = build;
  row.open = open;
  row.eval_options = {{"data", "", "other sequences, .npy (default: the test part of the run's own)"},
                      {"labels", "", "their labels, .npy"},
                      {"lengths", "", "their lengths, .npy"},
                      {"batch", 0, "sequences at a time (default: as trained)"}};
  row.evaluate = evaluate;
  row.next = [](const RunConfig&) { return std::vector<std::string>{"eval RUN"}; };
  return row;
}

}  // namespace scangrad::SCANGRAD_PRECISION
