#include "../../../models/runs/run_config.h"

#include <filesystem>
#include <map>
#include <set>

#include "../../../core/files/text.h"
#include "../../../models/runs/config_fields.h"
#include "../../../models/tasks/table.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

std::vector<std::pair<std::string, std::string>> all_presets() {
  std::vector<std::pair<std::string, std::string>> result;
  for (const TaskRow& row : tasks())
    for (const Preset& known : row.presets) result.emplace_back(row.name, known.name);
  return result;
}

// The parameters of a network on the copying task, with their shapes; empty where the configuration is refused.
std::vector<std::string> shapes_of(const RunConfig& config) {
  std::vector<std::string> shapes;
  try {
    TrainedRun run = new_run(config);
    task_row("copy").build(run, KeptTexts());
    for (const Param& param : run.params.list()) shapes.push_back(param.name + " " + param.tensor.shape().str());
  } catch (const Error&) {
    shapes.clear();
  }
  return shapes;
}

// Other values of the kind.
std::vector<OptionValue> other_values(const OptionValue& value, const std::vector<std::string>& choices) {
  if (const bool* const flag = std::get_if<bool>(&value.variant())) return {!*flag};
  if (const int64_t* const whole = std::get_if<int64_t>(&value.variant())) return {*whole + 1, 2 * *whole};
  if (const double* const number = std::get_if<double>(&value.variant())) return {2 * *number, *number / 2};
  return {choices.begin(), choices.end()};
}

// A small network with every part that a network can have.
RunConfig small_network(const std::string& mixer) {
  RunConfig config = preset("copy", "quick");
  config.stack.mixer = mixer;
  config.stack.layers = 1;
  config.stack.dim = 8;
  config.stack.expansion = 1;
  config.stack.kernel = 2;
  config.stack.mlp = 2;
  config.options.set("positions", 80);
  return config;
}

// The options that give a network with this mixer its shapes, and those that are marked so.
struct ShapeOptions {
  std::set<std::string> found, marked;
};

ShapeOptions shape_options(const std::string& mixer) {
  const RunConfig before = small_network(mixer);
  const std::vector<std::string> shapes = shapes_of(before);
  REQUIRE(!shapes.empty());
  ShapeOptions result;
  const auto note = [&](const std::string& name, int marks, const RunConfig& now) {
    if ((marks & kFixed) != 0) result.marked.insert(name);
    const std::vector<std::string> others = shapes_of(now);
    if (!others.empty() && others != shapes) result.found.insert(name);
  };
  const auto field = [&](const char* name, const auto& value, const FieldHelp& help) {
    using T = std::decay_t<decltype(value)>;
    RunConfig now = before;
    if constexpr (std::is_same_v<T, MixerChoice>) {
      now.stack.mixer = mixer == "gru" ? "lstm" : "gru";
      note(name, help.marks, now);
    } else {
      const Option option(name, value, help.text, help.marks);
      for (const OptionValue& other : other_values(option.standard, option.choices)) {
        set_field("test", now, name, other);
        note(name, help.marks, now);
      }
    }
  };
  each_stack_field(before.stack, field);
  each_training_field(before, field);
  for (const Option& option : all_options(task_row("copy"))) {
    for (const OptionValue& other : other_values(*before.options.find(option.name), option.choices)) {
      RunConfig now = before;
      now.options.set(option.name, other);
      note(option.name, option.marks, now);
    }
  }
  for (const Option& option : mixer_row(mixer).options) {
    for (const OptionValue& other : other_values(option.standard, option.choices)) {
      RunConfig now = before;
      now.stack.mixer.options.set(option.name, other);
      note(option.name, option.marks, now);
    }
  }
  return result;
}

}  // namespace

TEST_CASE("run_config: a written configuration is read back") {
  for (const auto& [task, name] : all_presets()) {
    RunConfig config = preset(task, name);
    config.stack.mixer = {"minlstm", {{"gates", "normalised"}, {"learned_h0", false}}};
    config.train.seed = 44;
    const std::string json = config_json(config);
    CHECK(json.find("\"gates\": \"normalised\"") != std::string::npos);
    const RunConfig read = parse_config(json, "a.json");
    CHECK(read.stack.mixer.options.find("gates")->text() == "normalised");
    CHECK(read.train.lr == config.train.lr);
    CHECK(config_json(read) == json);
  }
}

TEST_CASE("run_config: the differences of two runs are listed") {
  const RunConfig before = preset("text", "tiny");
  CHECK(changed_fields(before, before).empty());
  RunConfig now = before;
  now.options.set("data", "a \"b\"\xff");
  now.stack.norm = NormKind::kBatch;
  now.train.lr = 0.5;
  CHECK(changed_fields(before, now) == std::vector<std::string>{"data \"a \\\"b\\\"\ufffd\" (was \"\")",
                                                                "norm \"batch\" (was \"rms\")", "lr 0.5 (was 0.003)"});
}

TEST_CASE("run_config: the fields in which several runs differ have a value for each of them") {
  RunConfig a = preset("text", "tiny"), b = a, c = a;
  CHECK(different_fields({}).empty());
  CHECK(different_fields({a, b, c}).empty());
  b.stack.mixer = {"minlstm", {{"gates", "normalised"}}};
  b.train.seed = 7;
  c.stack.layers = a.stack.layers + 1;
  const std::vector<DifferentField> fields = different_fields({a, b, c});
  REQUIRE(fields.size() == 3);  // gates: only the second run has this option
  CHECK(fields[0].name == "mixer");
  CHECK(fields[0].values == std::vector<std::string>{"mingru", "minlstm", "mingru"});
  CHECK((fields[1].name == "layers" && fields[1].values[2] == std::to_string(c.stack.layers)));
  CHECK((fields[2].name == "seed" && fields[2].values[1] == "7"));
  c.stack.mixer = {"minlstm", {{"gates", "plain"}}};
  const std::vector<DifferentField> gates = different_fields({a, b, c});
  REQUIRE(gates.size() == 4);
  CHECK((gates[3].name == "gates" && gates[3].values == std::vector<std::string>{"", "normalised", "plain"}));
}

TEST_CASE("run_config: every field is a text, also the options of the mixer") {
  RunConfig run = preset("copy", "quick");
  run.stack.mixer = {"minlstm", {{"gates", "normalised"}}};
  std::map<std::string, std::string> texts;
  for (const auto& [name, text] : field_texts(run)) texts[name] = text;
  CHECK((texts["mixer"] == "minlstm" && texts["gates"] == "normalised" && texts["seed"] == "42"));
  CHECK((texts["tied"] == "false" && texts.count("options") == 0));
  const RunConfig without = preset("text", "tiny");
  RunConfig with = without;
  with.options.set("data", "a.txt");
  CHECK(different_fields({without, with}).at(0).values == std::vector<std::string>{"\"\"", "a.txt"});
}

TEST_CASE("run_config: differences may be limited to those with a mark") {
  const RunConfig before = preset("copy", "quick");
  RunConfig now = before;
  now.train.lr = 0.5;
  CHECK(changed_fields(before, now, kFixed).empty());
  now.stack.dim = 8;
  now.options.set("vocab", 9);
  now.stack.mixer.options.set("learned_h0", false);
  CHECK(changed_fields(before, now, kFixed) ==
        std::vector<std::string>{"vocab 9 (was 16)", "learned_h0 false (was true)", "dim 8 (was 64)"});
  now.stack.mixer = "gru";
  CHECK(changed_fields(before, now, kFixed)[1] == "mixer \"gru\" (was \"mingru\")");
}

TEST_CASE("run_config: exactly the options that give weights their shapes are marked as fixed") {
  std::set<std::string> found, marked;  // not every mixer has a use for each of them
  for (const std::string& mixer : mixer_names()) {
    const ShapeOptions options = shape_options(mixer);
    for (const std::string& name : options.found) CHECK_MESSAGE(options.marked.count(name) == 1, mixer, " ", name);
    found.insert(options.found.begin(), options.found.end());
    marked.insert(options.marked.begin(), options.marked.end());
  }
  CHECK(joined({found.begin(), found.end()}) == joined({marked.begin(), marked.end()}));
}

TEST_CASE("run_config: presets are the documented experiments") {
  const RunConfig t256 = preset("copy", "t256");
  CHECK(t256.get<int64_t>("length") == 256);
  CHECK(t256.get<int64_t>("tokens") == 8);
  CHECK(t256.stack.layers == 2);
  CHECK(t256.stack.expansion == 4);
  CHECK(t256.train.steps == 5'000);
  CHECK(t256.train.lr == 3e-3);
  const RunConfig paper = preset("copy", "paper");
  CHECK(paper.get<int64_t>("length") == 4'096);
  CHECK(paper.get<int64_t>("tokens") == 16);
  CHECK(paper.batch == 64);
  CHECK(paper.train.accumulate == 2);
  CHECK(paper.train.steps == 400'000);
  const RunConfig text = preset("text", "shakespeare");
  CHECK(text.stack.dim == 384);
  CHECK(text.stack.kernel == 4);
  CHECK(text.get<int64_t>("length") == 256);
  CHECK(text.train.clip == 0.25);
  const RunConfig series = preset("series", "small");
  CHECK(series.get<int64_t>("length") == 96);
  CHECK(series.get<int64_t>("horizon") == 24);
  CHECK(series.get<bool>("residual"));
}

TEST_CASE("run_config: errors name what cannot be read") {
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
        "config: task of a.json is missing, but one of " + joined(task_names()) + " is needed");
  CHECK(error_of([] { parse_config(R"({"task": "cpoy"})", "a.json"); }) ==
        "config: task of a.json is \"cpoy\", but one of " + joined(task_names()) + " is needed");
  CHECK(error_of([] { load_config("/nowhere/config.json"); }) ==
        "file: /nowhere/config.json cannot be read: No such file or directory");
}

TEST_CASE("run_config: any field is set by its key") {
  RunConfig config = default_config("text");
  for (const auto& [key, value] :
       Options{{"length", 5}, {"level", "char"}, {"positions", 7}, {"layers", 2}, {"norm", "batch"}, {"lr", 1}})
    set_field("test", config, key, value);
  CHECK((config.get<int64_t>("length") == 5 && config.get<std::string>("level") == "char"));
  CHECK((config.get<int64_t>("positions") == 7 && config.stack.layers == 2));
  CHECK((config.stack.norm == NormKind::kBatch && config.train.lr == 1));
  CHECK(error_of([&] { set_field("test", config, "lenght", 5); }) ==
        "test: lenght is no field of train text; the nearest is 'length'");
  CHECK(error_of([&] { set_field("test", config, "layers", "two"); }) ==
        "test: layers is two, but a whole number is needed");
  CHECK(error_of([&] { set_field("test", config, "norm", "bach"); }).starts_with("test: norm is 'bach', but one of "));
}

TEST_CASE("run_config: an older run with task series and labels is read as task sequences") {
  const std::string both = R"("data": "x", "columns": "a", "lengths": "n", "head": "mean", "length": 5, "horizon": 2,
      "season": 3, "residual": false, "validation_share": 0.2, "test_share": 0.3, "validation_windows": 4)";
  const RunConfig series = parse_config("{\"task\": \"series\", \"labels\": \"\", " + both + "}", "a.json");
  CHECK((series.task == "series" && series.get<int64_t>("season") == 3 && !series.get<bool>("residual")));
  const RunConfig labelled = parse_config("{\"task\": \"series\", \"labels\": \"y\", " + both + "}", "a.json");
  CHECK((labelled.task == "sequences" && labelled.get<std::string>("labels") == "y"));
  CHECK((labelled.get<std::string>("head") == "mean" && labelled.get<double>("test_share") == 0.3));
}
