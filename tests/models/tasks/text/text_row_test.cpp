#include "../../../../models/tasks/text/text_row.h"

#include <fmt/format.h>

#include "../../../../models/tasks/text/text_task.h"
#include "../../../temporary_folder.h"
#include "../../../testing.h"

using namespace scangrad;

namespace {

RunConfig small(const std::string& data) {
  RunConfig config = default_config("text");
  for (const auto& [key, value] : Options{{"data", data}, {"level", "char"}, {"length", 8}})
    set_field("test", config, key, value);
  config.stack.layers = 1;
  config.stack.dim = 4;
  config.batch = 4;
  return config;
}

std::string text() {
  std::string result;
  for (int i = 0; i < 40; ++i) result += "to be or not to be\n";
  return result;
}

}  // namespace

TEST_CASE("text_row: a run keeps the vocabulary of its text, and is built from it again") {
  const TemporaryFolder folder;
  write_file(folder.file("a.txt"), text());
  const TaskRow row = text_row();
  TrainedRun run = new_run(small(folder.file("a.txt")));
  const OpenTask opened = row.open(run, KeptTexts());
  CHECK((opened.title == "a.txt" && opened.summary == "a.txt: 684 training and 76 validation tokens of 8 kinds"));
  opened.save(folder.path.string());
  TrainedRun again = new_run(run.config);
  row.build(again, KeptTexts::of_folder(folder.path.string()));
  CHECK((again.vocabulary.size() == 8 && again.model->config().vocab == 8));
  CHECK(same_bits(again.params.values(), run.params.values()));
  // Resumed on a text with fewer characters, its ids keep their meaning.
  write_file(folder.file("a.txt"), std::string(300, 't'));
  TrainedRun resumed = new_run(run.config);
  row.open(resumed, KeptTexts::of_folder(folder.path.string()));
  CHECK(resumed.vocabulary.size() == 8);
}

TEST_CASE("text_row: a run is evaluated on its validation part or on another text") {
  const TemporaryFolder folder;
  write_file(folder.file("a.txt"), text());
  const TaskRow row = text_row();
  TrainedRun run = new_run(small(folder.file("a.txt")));
  const OpenTask opened = row.open(run, KeptTexts());
  const Evaluation own = opened.task.validate();
  CHECK(row.evaluate(run, complete("eval", row.eval_options, {}))
            .starts_with(fmt::format("loss {:.4f} nats a token, ", own.loss)));
  CHECK(row.evaluate(run, complete("eval", row.eval_options, {{"data", folder.file("a.txt")}, {"length", 3}}))
            .find("on 759 tokens in windows of 3") != std::string::npos);
}

TEST_CASE("text_row: gates read the text that is given, and need one") {
  const TaskRow row = text_row();
  TrainedRun run = new_run(small(""));
  run.folder = "runs/x";
  run.vocabulary = Vocabulary::characters("a b\n", "text");
  CHECK(error_of([&] { row.gates(run, complete("gates", row.gate_options, {})); }) ==
        "gates: runs/x was trained on a text, so --text \"...\" is needed");
  run.model =
      std::make_unique<LanguageModel>(run.params, LanguageModelConfig{.vocab = 4, .stack = {.layers = 1, .dim = 4}});
  const GateReading reading = row.gates(run, complete("gates", row.gate_options, {{"text", "a b\n"}}));
  CHECK(reading.labels == std::vector<std::string>{"a", "\u2423", "b", "\u21b5"});
}

TEST_CASE("text_row: published weights get the vocabulary that their number of tokens allows") {
  const TemporaryFolder folder;
  const TaskRow row = text_row();
  RunConfig config = default_config("text");
  const auto vocabulary = [&](int64_t size, const std::string& data) {
    row.adopt(config, size, data).save(folder.path.string());
    return Vocabulary::load(folder.file("vocab.json"));
  };
  CHECK(vocabulary(256, "").level() == Level::kBytes);
  CHECK(vocabulary(7, "").level() == Level::kIds);
  CHECK(row.adopt(config, 7, "").note.starts_with("to train or evaluate it: "));
  write_file(folder.file("a.txt"), "abc\n");
  CHECK((vocabulary(4, folder.file("a.txt")).level() == Level::kChar && config.get<std::string>("level") == "char"));
  CHECK(error_of([&] { row.adopt(config, 5, folder.file("a.txt")); }) ==
        "convert: the weights have 5 tokens, but " + folder.file("a.txt") + " has 4 characters");
}
