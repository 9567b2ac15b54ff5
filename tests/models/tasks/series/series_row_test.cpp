#include "../../../../models/tasks/series/series_row.h"

#include "../../../temporary_folder.h"
#include "../../../testing.h"

using namespace scangrad;

namespace {

RunConfig small() {
  RunConfig config = default_config("series");
  for (const auto& [key, value] : Options{{"length", 8}, {"horizon", 3}, {"validation_windows", 5}, {"season", 4}})
    set_field("test", config, key, value);
  config.stack.layers = 1;
  config.stack.dim = 4;
  config.batch = 4;
  return config;
}

// A ramp of 200 steps.
std::string ramp(const TemporaryFolder& folder) {
  std::string text = "a\n";
  for (int t = 0; t < 200; ++t) text += std::to_string(t % 7) + "\n";
  write_file(folder.file("a.csv"), text);
  return folder.file("a.csv");
}

}  // namespace

TEST_CASE("series_row: a run keeps the scaling of its series, and is built from it again") {
  const TemporaryFolder folder;
  const TaskRow row = series_row();
  RunConfig config = small();
  config.options.set("data", ramp(folder));
  TrainedRun run = new_run(config);
  const OpenTask opened = row.open(run, KeptTexts());
  CHECK(opened.summary == "a.csv: 160 training, 20 validation and 20 test steps of 1 column");
  CHECK((opened.task.data_fingerprint != 0 && opened.task.data_fingerprint != kMadeUp));
  opened.save(folder.path.string());
  TrainedRun again = new_run(config);
  row.build(again, KeptTexts::of_folder(folder.path.string()));
  CHECK(again.scaling.inputs.mean == run.scaling.inputs.mean);
  CHECK(same_bits(again.params.values(), run.params.values()));
  const std::string report = opened.report({});
  CHECK(report.find("18 forecasts of 1 to 3 steps ahead") != std::string::npos);
  CHECK(row.evaluate(run, complete("eval", row.eval_options, {})) == report);
}

TEST_CASE("series_row: a forecast follows the end of the series, and one from before it can be compared") {
  const TaskRow row = series_row();
  TrainedRun run = new_run(small());
  row.open(run, KeptTexts());
  const Forecast next = row.forecast(run, {});
  CHECK((next.end == 10'000 && next.forecast.rows() == 3 && next.series.rows() == 10'000 && next.trained == 8'000));
  CHECK(row.forecast(run, {.steps = 2, .back = 7}).end == 9'993);
  CHECK(error_of([&] { row.forecast(run, {.steps = -1}); }) == "forecast: steps is -1, but at least 1 is needed");
  const GateReading reading = row.gates(run, complete("gates", row.gate_options, {{"steps", 2}}));
  CHECK(reading.labels == std::vector<std::string>{"9998", "9999"});
}

TEST_CASE("series_row: the season is found in the training part, unless it is given") {
  const TemporaryFolder folder;
  const TaskRow row = series_row();
  const auto said = [&](int64_t season) {
    RunConfig config = small();
    config.options.set("data", ramp(folder));
    config.options.set("season", season);
    TrainedRun run = new_run(config);
    return row.open(run, KeptTexts()).report({});
  };
  CHECK(said(-1).ends_with(" (7 steps)\n"));
  CHECK(said(4).ends_with(" (4 steps)\n"));
  CHECK(said(0).find("season") == std::string::npos);
  CHECK(error_of([&] { said(-2); }) == "series: season is -2, but -1 (found in the data), 0 (none) or more is needed");
}
