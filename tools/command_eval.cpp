// scangrad eval RUN: the accuracy of a run's best weights on unseen examples, also at lengths it was not trained on.
#include <fmt/format.h>

#include <memory>

#include "../core/check.h"
#include "../models/copy_task.h"
#include "../models/run_config.h"
#include "../nn/safetensors.h"
#include "commands.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

struct EvalOptions {
  std::string run;
  int64_t length = 0, examples = 0, batch = 0;
};

int evaluate(const EvalOptions& options) {
  RunConfig config = load_config(options.run + "/config.json");
  const Params params(static_cast<uint64_t>(config.train.seed));
  config.model.vocab = config.copy.vocab;
  const LanguageModel model(params, config.model);
  const std::string weights = options.run + "/model.safetensors";
  load_params(params, SafetensorsFile(weights));

  const int64_t trained = config.copy.length;
  if (options.length != 0) config.copy.length = options.length;
  const int64_t examples = options.examples != 0 ? options.examples : config.test_examples;
  const int64_t batch = options.batch != 0 ? options.batch : config.batch / config.train.accumulate;
  const SelectiveCopying data(config.copy);
  const Evaluation test = evaluate_copying(model, data, kTestSeed, examples, batch);
  fmt::print("test accuracy {:.2f} % on {} unseen examples of length {} (trained on {}), loss {:.4f}\n",
             100 * test.accuracy, examples, config.copy.length, trained, test.loss);
  return 0;
}

}  // namespace

Run add_eval(CLI::App& app) {
  CLI::App* const eval = app.add_subcommand("eval", "test a trained run on unseen examples");
  const auto options = std::make_shared<EvalOptions>();
  eval->add_option("run", options->run, "folder of the run")->required();
  eval->add_option("--length", options->length, "of the examples (default: as trained)");
  eval->add_option("--examples", options->examples, "how many (default: the run's test set)");
  eval->add_option("--batch", options->batch, "examples at a time (default: as trained)");
  return [options] { return evaluate(*options); };
}

}  // namespace scangrad_tools
