#include "../../../models/runs/run_config.h"

#include <filesystem>

#include "../../testing.h"

using namespace scangrad;

namespace {

std::vector<std::pair<std::string, std::string>> all_presets() {
  std::vector<std::pair<std::string, std::string>> result;
  for (const char* task : {"copy", "text", "series"})
    for (const Preset& known : presets(task)) result.emplace_back(task, known.name);
  return result;
}

}  // namespace

TEST_CASE("run_config: what is written is read back") {
  for (const auto& [task, name] : all_presets()) {
    RunConfig config = preset(task, name);
    config.model.stack.mixer = {"minlstm", {{"gates", "normalised"}, {"learned_h0", false}}};
    config.train.seed = 44;
    const std::string json = config_json(config);
    CHECK(json.find("\"gates\": \"normalised\"") != std::string::npos);
    const RunConfig read = parse_config(json, "a.json");
    CHECK(read.model.stack.mixer.options.find("gates")->text() == "normalised");
    CHECK(read.train.lr == config.train.lr);
    CHECK(config_json(read) == json);
  }
}

TEST_CASE("run_config: what two runs differ in is said") {
  const RunConfig before = preset("text", "tiny");
  CHECK(changed_fields(before, before).empty());
  RunConfig now = before;
  now.text.data = "a \"b\"\xff";
  now.model.stack.norm = NormKind::kBatch;
  now.train.lr = 0.5;
  now.copy.length = 3;  // belongs to another task
  CHECK(changed_fields(before, now) == std::vector<std::string>{"data \"a \\\"b\\\"\ufffd\" (was \"\")",
                                                                "norm \"batch\" (was \"rms\")", "lr 0.5 (was 0.003)"});
}

TEST_CASE("run_config: presets are the documented experiments") {
  const RunConfig t256 = preset("copy", "t256");
  CHECK(t256.copy.length == 256);
  CHECK(t256.copy.tokens == 8);
  CHECK(t256.model.stack.layers == 2);
  CHECK(t256.model.stack.expansion == 4);
  CHECK(t256.train.steps == 5'000);
  CHECK(t256.train.lr == 3e-3);
  const RunConfig paper = preset("copy", "paper");
  CHECK(paper.copy.length == 4'096);
  CHECK(paper.copy.tokens == 16);
  CHECK(paper.batch == 64);
  CHECK(paper.train.accumulate == 2);
  CHECK(paper.train.steps == 400'000);
  const RunConfig text = preset("text", "shakespeare");
  CHECK(text.model.stack.dim == 384);
  CHECK(text.model.stack.kernel == 4);
  CHECK(text.text.length == 256);
  CHECK(text.train.clip == 0.25);
  const RunConfig series = preset("series", "small");
  CHECK(series.series.length == 96);
  CHECK(series.series.horizon == 24);
  CHECK(series.series.residual);
}

TEST_CASE("run_config: what cannot be read is named") {
  CHECK(error_of([] { preset("copy", "t265"); }) ==
        "preset: name is 't265', but one of quick, t256, t512, t1024, paper is needed; the nearest is 't256'");
  CHECK(error_of([] { parse_config("[1]", "a.json"); }) == "config: a.json is not a JSON object");
  CHECK(error_of([] { parse_config("{\"task\": \"copy\"", "a.json"); }) == "config: a.json is not a JSON object");
  CHECK(error_of([] { parse_config(R"({"task": "copy", "lenght": 3})", "a.json"); }) ==
        "config: a.json has the unknown key 'lenght'; the nearest known one is 'length'");
  CHECK(error_of([] { parse_config(R"({"task": "copy", "length": "long"})", "a.json"); }) ==
        "config: length of a.json is \"long\", but a whole number is needed");
  CHECK(error_of([] { parse_config(R"({"task": "copy", "lr": true})", "a.json"); }) ==
        "config: lr of a.json is true, but a number is needed");
  CHECK(error_of([] { parse_config(R"({"task": "copy", "learned_h0": 1})", "a.json"); }) ==
        "config: learned_h0 of a.json is 1, but true or false is needed");
  CHECK(error_of([] { parse_config(R"({"task": "copy", "mixer": 1})", "a.json"); }) ==
        "config: mixer of a.json is 1, but a string is needed");
  CHECK(error_of([] { parse_config(R"({"task": "copy", "space": "lin"})", "a.json"); }) ==
        "config: space of a.json is \"lin\", but one of linear, log is needed");
  CHECK(error_of([] { parse_config("{}", "a.json"); }) ==
        "config: task of a.json is missing, but one of copy, text, series is needed");
  CHECK(error_of([] { parse_config(R"({"task": "cpoy"})", "a.json"); }) ==
        "config: task of a.json is \"cpoy\", but one of copy, text, series is needed");
  CHECK(error_of([] { load_config("/nowhere/config.json"); }) ==
        "file: /nowhere/config.json cannot be read: No such file or directory");
}
