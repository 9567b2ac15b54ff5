// scangrad eval RUN: how well a run's best weights do on what they were not trained on.
//
//   scangrad eval runs/quick --length 128             selective copying, also at other lengths
//   test accuracy 98.02 % on 4096 unseen examples of length 128 (trained on 64), loss 0.0712
//
//   scangrad eval runs/text --data other.txt          a text
//   loss 1.5782 nats a token, perplexity 4.846, accuracy 53.41 % on 111539 tokens in windows of 128, 2.2768 bits per
//   byte
//
//   scangrad eval runs/load --horizon 48              a series, beside forecasts that need no network
//   test error 0.1432 (mean square, deviations as units): 0.09 times that of the last value, ...
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "../../core/check.h"
#include "../../models/runs/trained_run.h"
#include "../../models/tasks/copy/copy_task.h"
#include "../../models/tasks/text/text_task.h"
#include "commands.h"
#include "series_run.h"
#include "text_run.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

struct EvalOptions {
  std::string run, data, labels, lengths;
  int64_t length = 0, horizon = 0, season = -1, examples = 0, batch = 0;
};

int evaluate_copy(const EvalOptions& options, const TrainedRun& run) {
  check(options.data.empty(), "eval: {} was trained on selective copying, which takes no --data", options.run);
  SelectiveCopyingConfig sizes = run.config.copy;
  if (options.length != 0) sizes.length = options.length;
  const int64_t examples = options.examples != 0 ? options.examples : run.config.test_examples;
  const int64_t batch = options.batch != 0 ? options.batch : run.config.batch / run.config.train.accumulate;
  const Evaluation test = evaluate_copying(*run.model, SelectiveCopying(sizes), kTestSeed, examples, batch);
  fmt::print("test accuracy {:.2f} % on {} unseen examples of length {} (trained on {}), loss {:.4f}\n",
             100 * test.accuracy, examples, sizes.length, run.config.copy.length, test.loss);
  return 0;
}

// Without --data, the validation part of the text it was trained on; with it, the whole of another text.
int evaluate_text(const EvalOptions& options, const TrainedRun& run) {
  const RunConfig& config = run.config;
  check(options.examples == 0, "eval: {} was trained on a text, which takes no --examples", options.run);
  const bool is_other = !options.data.empty();
  RunConfig source = config;
  if (is_other) source.text.data = options.data;
  const TextData data = open_text(source, &run.vocabulary);
  const Tokens& tokens = is_other ? data.all() : data.validation();
  const int64_t length = options.length != 0 ? options.length : config.text.length;
  const int64_t batch = options.batch != 0 ? options.batch : config.batch / config.train.accumulate;
  const Evaluation result = scangrad::evaluate_text(*run.model, tokens, length, batch);
  fmt::print("loss {:.4f} nats a token, perplexity {:.3f}, accuracy {:.2f} % on {} tokens in windows of {}",
             result.loss, std::exp(result.loss), 100 * result.accuracy, tokens.size() - 1, length);
  if (const double bytes = bytes_per_token(tokens, run.vocabulary); bytes > 0)
    fmt::print(", {:.4f} bits per byte", result.loss / std::log(2.0) / bytes);
  fmt::print("\n");
  return 0;
}

// Without --data, the test part of the run's own; with it, all of another series that can be judged.
int evaluate_forecasts(const EvalOptions& options, TrainedRun& run) {
  const bool is_other = !options.data.empty();
  RunConfig& config = run.config;
  check(options.labels.empty() && options.lengths.empty(), "eval: {} forecasts, which takes no --labels or --lengths",
        options.run);
  if (is_other) config.series.data = options.data;
  if (options.length != 0) config.series.length = options.length;
  if (options.horizon != 0) config.series.horizon = options.horizon;
  if (options.season >= 0) config.series.season = options.season;
  const SeriesShares shares = is_other ? SeriesShares{0, 0} : series_shares(config);
  const SeriesData data(open_series(config), series_name(config), shares, &run.scaling.inputs);
  SeriesTaskConfig judged = series_task_config(config);
  judged.batch = options.batch != 0 ? options.batch : judged.batch / judged.accumulate;
  judged.accumulate = 1;
  judged.validation_windows = 0;
  const int64_t seen = std::min(std::max(judged.length, judged.season), data.steps());
  const Steps part = is_other ? Steps{seen, data.steps()} : data.test();
  say_errors("test", evaluate_series(*run.series, data, part, judged), data, judged);
  return 0;
}

// Without --data and --labels, the run's own test part; with them, all of others.
int evaluate_labels(const EvalOptions& options, TrainedRun& run) {
  check(options.data.empty() == options.labels.empty(),
        "eval: other sequences are judged by labels of their own: --data and --labels belong together");
  check(options.length == 0 && options.horizon == 0 && options.season < 0,
        "eval: {} says labels, which takes no --length, --horizon or --season", options.run);
  const bool is_other = !options.data.empty();
  SequenceFiles files = sequence_files(run.config);
  if (is_other) {
    files.inputs = options.data;
    files.labels = options.labels;
  }
  if (is_other || !options.lengths.empty()) files.lengths = options.lengths;
  const SeriesShares shares = is_other ? SeriesShares{0, 0} : series_shares(run.config);
  const SequenceData data = SequenceData::open(files, shares, &run.scaling);
  const int64_t batch = options.batch != 0 ? options.batch : run.config.batch / run.config.train.accumulate;
  say_errors("test", evaluate_sequences(*run.series, data, is_other ? data.all() : data.test(), batch), data);
  return 0;
}

int evaluate_series_run(const EvalOptions& options, TrainedRun& run) {
  check(options.examples == 0, "eval: {} was trained on series, which takes no --examples", options.run);
  return forecasts(run.config) ? evaluate_forecasts(options, run) : evaluate_labels(options, run);
}

int evaluate(const EvalOptions& options) {
  TrainedRun run = load_run(options.run);
  if (run.config.task == "series") return evaluate_series_run(options, run);
  check(options.labels.empty() && options.lengths.empty() && options.horizon == 0 && options.season < 0,
        "eval: {} is a run of train {}, which takes no --labels, --lengths, --horizon or --season", options.run,
        run.config.task);
  return run.config.task == "copy" ? evaluate_copy(options, run) : evaluate_text(options, run);
}

}  // namespace

Run add_eval(CLI::App& app) {
  CLI::App* const eval = app.add_subcommand("eval", "test a trained run on what it has not seen");
  const auto options = std::make_shared<EvalOptions>();
  eval->add_option("run", options->run, "folder of the run")->required();
  eval->add_option("--data", options->data,
                   "another text or series (default: the part of the run's own that was held out)");
  eval->add_option("--labels", options->labels, "of other sequences: .npy, beside --data");
  eval->add_option("--lengths", options->lengths, "of other sequences: .npy");
  eval->add_option("--length", options->length, "of the examples or windows (default: as trained)");
  eval->add_option("--horizon", options->horizon, "steps ahead to forecast a series (default: as trained)");
  eval->add_option("--season", options->season, "steps of a season of a series; 0: none (default: as trained)");
  eval->add_option("--examples", options->examples, "of selective copying, how many (default: the run's test set)");
  eval->add_option("--batch", options->batch, "examples or windows at a time (default: as trained)");
  return [options] { return evaluate(*options); };
}

}  // namespace scangrad_tools
