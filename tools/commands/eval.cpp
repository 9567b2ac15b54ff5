// scangrad eval RUN: evaluates the best weights of a run on data that they were not trained on.
//
//   scangrad eval runs/quick --length 128             selective copying, also at other lengths
//   test accuracy 98.02 % on 4096 unseen examples of length 128 (trained on 64), loss 0.0712
//
//   scangrad eval runs/text --data other.txt          a text
//   loss 1.5782 nats a token, perplexity 4.846, accuracy 53.41 % on 111539 tokens in windows of 128, ...
//
//   scangrad eval runs/load --horizon 48              a series, compared with forecasts that need no network
//   test error 0.1432 (mean square, deviations as units): 0.09 times that of the last value, ...
//
// The options depend on the run's task (models/tasks/table.h).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "../../models/tasks/table.h"
#include "../line/help_text.h"
#include "../line/needed_run.h"
#include "commands.h"
#include "config_flags.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

struct EvalOptions {
  std::string run;
  Options given;
};

int evaluate(const EvalOptions& options) {
  check_run(run_with("eval", &TaskRow::evaluate), options.run);
  TrainedRun run = load_run(options.run);
  const auto& evaluate = function_of(run, &TaskRow::evaluate, "eval", "cannot be evaluated");
  fmt::print("{}", evaluate(run, checked_options("eval", run, &TaskRow::eval_options, options.given)));
  return 0;
}

}  // namespace

Run add_eval(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("eval", "test a trained run on data that it has not seen");
  const auto options = std::make_shared<EvalOptions>();
  command->add_option("run", options->run, "folder of the run");
  set_example(*command, "eval runs/copy-quick-mingru-seed42");
  add_given_flags(*command, &TaskRow::eval_options, options->given);
  return [options] { return evaluate(*options); };
}

}  // namespace scangrad_tools
