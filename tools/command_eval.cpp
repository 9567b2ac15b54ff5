// scangrad eval RUN: how well a run's best weights do on what they were not trained on.
//
//   scangrad eval runs/quick --length 128             selective copying, also at other lengths
//   test accuracy 98.02 % on 4096 unseen examples of length 128 (trained on 64), loss 0.0712
//
//   scangrad eval runs/text --data other.txt          a text
//   loss 1.5782 nats a token, perplexity 4.846, accuracy 53.41 % on 111539 tokens in windows of 128, 2.2768 bits per
//   byte
#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "../core/check.h"
#include "../models/copy_task.h"
#include "../models/text_task.h"
#include "commands.h"
#include "trained_run.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

struct EvalOptions {
  std::string run, data;
  int64_t length = 0, examples = 0, batch = 0;
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

int evaluate(const EvalOptions& options) {
  const TrainedRun run = load_run(options.run);
  return run.config.task == "copy" ? evaluate_copy(options, run) : evaluate_text(options, run);
}

}  // namespace

Run add_eval(CLI::App& app) {
  CLI::App* const eval = app.add_subcommand("eval", "test a trained run on what it has not seen");
  const auto options = std::make_shared<EvalOptions>();
  eval->add_option("run", options->run, "folder of the run")->required();
  eval->add_option("--data", options->data, "another text (default: the validation part of the run's own)");
  eval->add_option("--length", options->length, "of the examples or windows (default: as trained)");
  eval->add_option("--examples", options->examples, "of selective copying, how many (default: the run's test set)");
  eval->add_option("--batch", options->batch, "examples or windows at a time (default: as trained)");
  return [options] { return evaluate(*options); };
}

}  // namespace scangrad_tools
