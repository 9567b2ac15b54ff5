#include "../../../../models/tasks/sequences/sequence_row.h"

#include "../../../../models/data/npy_file.h"
#include "../../../temporary_folder.h"
#include "../../../testing.h"

using namespace scangrad;

namespace {

// Ten sequences of four steps; their labels are 0 and 1, as real numbers.
RunConfig small(const TemporaryFolder& folder) {
  std::vector<double> inputs, labels;
  for (int i = 0; i < 40; ++i) inputs.push_back(i % 3);
  for (int i = 0; i < 10; ++i) labels.push_back(i % 2);
  save_npy(folder.file("x.npy"), {10, 4}, inputs);
  save_npy(folder.file("y.npy"), {10}, labels);
  RunConfig config = default_config("sequences");
  for (const auto& [key, value] : Options{{"data", folder.file("x.npy")},
                                          {"labels", folder.file("y.npy")},
                                          {"validation_share", 0.2},
                                          {"test_share", 0.3}})
    set_field("test", config, key, value);
  config.stack.layers = 1;
  config.stack.dim = 4;
  config.batch = 4;
  return config;
}

}  // namespace

TEST_CASE("sequence_row: a run keeps the scaling of its sequences, and is built from it again") {
  const TemporaryFolder folder;
  const TaskRow row = sequence_row();
  TrainedRun run = new_run(small(folder));
  const OpenTask opened = row.open(run, KeptTexts());
  CHECK(opened.summary.starts_with("x.npy: 5 training, 2 validation and 3 test sequences, "));
  opened.save(folder.path.string());
  TrainedRun again = new_run(run.config);
  row.build(again, KeptTexts::of_folder(folder.path.string()));
  CHECK(same_bits(again.params.values(), run.params.values()));
  const std::string report = opened.report({});
  CHECK(report.find("3 unseen sequences, in units of the labels") != std::string::npos);
  CHECK(row.evaluate(run, complete("eval", row.eval_options, {})) == report);
  CHECK(error_of([&] {
          row.evaluate(run, complete("eval", row.eval_options, {{"data", "x.npy"}}));
        }) == "eval: other sequences need labels of their own: --data and --labels belong together");
}

TEST_CASE("sequence_row: the network has an output for each class, or for each number of a label") {
  RunConfig config = default_config("sequences");
  const Scaling columns{{"load", "wind"}, {10, 5}, {2, 1}};
  const SeriesModelConfig classes = labelling_network(config, {columns, {}, 5});
  CHECK((classes.inputs == 2 && classes.outputs == 5 && classes.head == Head::kLast && !classes.residual));
  config.options.set("head", "step");
  const SeriesModelConfig numbers = labelling_network(config, {columns, {{"0"}, {1}, {1}}, 0});
  CHECK((numbers.outputs == 1 && numbers.head == Head::kStep));
}

TEST_CASE("sequence_row: sequences and labels are both needed") {
  RunConfig config = default_config("sequences");
  CHECK(error_of([&] { sequence_row().prepare(config); }) == "scangrad: sequences need labels: --labels y.npy");
  config.options.set("labels", "y.npy");
  CHECK(error_of([&] { sequence_row().prepare(config); }) ==
        "scangrad: --labels needs the sequences they belong to: --data x.npy");
}
