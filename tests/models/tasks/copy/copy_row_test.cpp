#include "../../../../models/tasks/copy/copy_row.h"

#include <fmt/format.h>

#include "../../../../models/tasks/copy/copy_task.h"
#include "../../../testing.h"

using namespace scangrad;

namespace {

RunConfig small() {
  RunConfig config = default_config("copy");
  for (const auto& [key, value] : Options{{"length", 6}, {"tokens", 2}, {"vocab", 5}, {"test_examples", 8}})
    set_field("test", config, key, value);
  config.stack.layers = 1;
  config.stack.dim = 4;
  config.batch = 4;
  return config;
}

}  // namespace

TEST_CASE("copy_row: a run reports what evaluate_copying() measures, after training and later") {
  const TaskRow row = copy_row();
  TrainedRun run = new_run(small());
  const OpenTask opened = row.open(run, KeptTexts());
  CHECK(opened.summary == "selective copying: length 6, 2 tokens");
  const Evaluation test =
      evaluate_copying(*run.model, SelectiveCopying({.length = 6, .tokens = 2, .vocab = 5}), kTestSeed, 8, 4);
  const std::string accuracy = fmt::format("test accuracy {:.2f} % on 8 unseen examples", 100 * test.accuracy);
  CHECK(opened.report({}) == fmt::format("{} (loss {:.4f})\n", accuracy, test.loss));
  CHECK(row.evaluate(run, complete("eval", row.eval_options, {})) ==
        fmt::format("{} of length 6 (trained on 6), loss {:.4f}\n", accuracy, test.loss));
  CHECK(row.evaluate(run, complete("eval", row.eval_options, {{"length", 9}, {"examples", 3}}))
            .find("on 3 unseen examples of length 9 (trained on 6)") != std::string::npos);
}

TEST_CASE("copy_row: gates read a test example, whose steps have labels") {
  const TaskRow row = copy_row();
  TrainedRun run = new_run(small());
  row.build(run, KeptTexts());
  const GateReading reading = row.gates(run, complete("gates", row.gate_options, {{"example", 1}}));
  CHECK((reading.what == "test example 1" && reading.labels.size() == 8 && reading.labels.back() == "?"));
  CHECK(error_of([&] {
          row.gates(run, complete("gates", row.gate_options, {{"example", -1}}));
        }) == "gates: example is -1, but at least 0 is needed");
}

TEST_CASE("copy_row: impossible options are refused") {
  const TaskRow row = copy_row();
  RunConfig config = small();
  config.options.set("positions", 7);
  TrainedRun run = new_run(config);
  CHECK(error_of([&] { row.open(run, KeptTexts()); }) == "scangrad: positions is 7, but sequences have 8 steps");
  config.options.set("test_examples", 0);
  CHECK(error_of([&] { row.prepare(config); }) ==
        "scangrad: 1024 validation and 0 test examples, but at least 1 of each is needed");
}
