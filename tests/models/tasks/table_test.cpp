#include "../../../models/tasks/table.h"

#include <set>

#include "../../../models/runs/kept_texts.h"
#include "../../../models/tasks/token_network.h"
#include "../../../nn/saved_params.h"
#include "../../../ops/losses/accuracy.h"
#include "../../../ops/losses/cross_entropy.h"
#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

// A task of a program's own, a latch: 0 keeps what 1 or 2 has set.
TaskLoss latch_loss(const LanguageModel& model, Rng& rng, int64_t rows, int64_t length) {
  Ids tokens({rows, length}), targets({rows, length});
  for (int64_t row = 0; row < rows; ++row) {
    int32_t held = 0;
    for (int64_t i = row * length; i < (row + 1) * length; ++i) {
      tokens.data()[i] = static_cast<int32_t>(rng.below(3));
      targets.data()[i] = held = tokens[i] > 0 ? tokens[i] : held;
    }
  }
  State state = model.start(rows);
  const LossAndAccuracy result = model.loss(tokens, targets, state);
  return {result.loss, result.accuracy};
}

TaskRow latch_row() {
  TaskRow row;
  row.name = "latch";
  row.help = "say which token has been set last";
  row.options = {{"length", 4, "steps of a sequence"}};
  row.network = token_options();
  row.presets = {{"small", "4 steps", {{"layers", 1}, {"dim", 16}, {"steps", 200}, {"lr", 1e-2}, {"batch", 32}}}};
  row.build = [](TrainedRun& run, const KeptTexts&) {
    run.model = std::make_unique<LanguageModel>(run.params, token_network(run.config, /*vocab=*/3));
  };
  row.open = [build = row.build](TrainedRun& run, const KeptTexts& kept) {
    build(run, kept);
    OpenTask opened;
    opened.title = opened.summary = "latch";
    const LanguageModel& model = *run.model;
    const int64_t rows = run.config.batch, length = run.config.get<int64_t>("length");
    const auto seed = static_cast<uint64_t>(run.config.train.seed);
    opened.task.tokens_per_step = static_cast<double>(rows * length);
    opened.task.loss = [&model, rows, length, seed](int64_t step, int64_t, Rng&) {
      Rng draws(seed, static_cast<uint64_t>(step));
      return latch_loss(model, draws, rows, length);
    };
    opened.task.validate = [&model, length] {
      Rng draws(0, 0);
      const TaskLoss result = latch_loss(model, draws, 64, length);
      return Evaluation{static_cast<double>(result.loss.item()), result.accuracy};
    };
    return opened;
  };
  return row;
}

// Registered once for all test cases.
const TaskRow& latch() {
  if (find_task("latch") == nullptr) register_task(latch_row());
  return task_row("latch");
}

TrainedRun run_of(const std::string& task) {
  TrainedRun run = new_run(default_config(task));
  run.folder = "runs/x";
  return run;
}

}  // namespace

TEST_CASE("tasks: every row has what a row needs, and keys of its own") {
  for (const TaskRow& row : tasks()) {
    INFO(row.name);
    CHECK((!row.help.empty() && !row.presets.empty() && row.build && row.open));
    const OptionList all = all_options(row);
    std::set<std::string> keys;
    for (const Option& option : all) CHECK(keys.insert(option.name).second);
    for (const auto* const names : {&row.files, &row.data, &row.late})
      for (const std::string& name : *names) CHECK(keys.count(name) == 1);
    for (const Preset& each : row.presets) CHECK(preset(row.name, each.name).task == row.name);
    CHECK((row.switch_task.empty() || find_task(row.switch_task) != nullptr));
  }
  for (const char* const name : {"config.json", "vocab.json", "scaling.json"})
    CHECK(std::find(kept_files().begin(), kept_files().end(), name) != kept_files().end());
}

TEST_CASE("tasks: a task that a program registers is trained, saved and loaded as the others are") {
  const TaskRow& row = latch();
  TrainedRun run = new_run(preset("latch", "small"));
  const OpenTask opened = row.open(run, KeptTexts());
  const TemporaryFolder folder;
  const TrainResult result = train(run.config.train, run.params, opened.task, {.folder = folder.path.string()});
  CHECK(result.best.accuracy > 0.99);
  save_config(run.config, folder.file("config.json"));
  const TrainedRun loaded = load_run(folder.path.string());
  CHECK((loaded.config.task == "latch" && loaded.config.get<int64_t>("length") == 4));
  CHECK(same_bits(loaded.params.values(), run.params.values()));
  CHECK(error_of([] { parse_config(R"({"task": "latch", "bits": 3})", "a.json"); }) ==
        "config: a.json has the unknown key 'bits'; the nearest known one is 'bias'");
}

TEST_CASE("tasks: a row that cannot be registered is refused in one line") {
  const auto refused = [](const std::function<void(TaskRow&)>& change) {
    TaskRow row = latch_row();
    row.name = "other";
    change(row);
    return error_of([&] { register_task(row); });
  };
  CHECK(refused([](TaskRow& row) { row.name = ""; }) == "tasks: a task has no name, but one is needed");
  CHECK(refused([](TaskRow& row) { row.name = "copy"; }) ==
        "tasks: there is a task 'copy' already; register it by another name");
  CHECK(refused([](TaskRow& row) { row.presets.clear(); }) == "tasks: other has no preset, but at least one is needed");
  CHECK(refused([](TaskRow& row) { row.build = nullptr; }) == "tasks: other has no function build, but it is needed");
  CHECK(refused([](TaskRow& row) { row.open = nullptr; }) == "tasks: other has no function open, but it is needed");
  for (const std::string name : {"layers", "steps", "tied", "task"})
    CHECK(refused([name](TaskRow& row) { row.options.emplace_back(name, 1, ""); }) ==
          "tasks: other has an option " + name +
              ", but every run has a field of that name or it is there twice; give it another name");
  CHECK(find_task("other") == nullptr);
}

TEST_CASE("tasks: an unknown name is named with the nearest one") {
  CHECK(error_of([] { task_row("cpoy"); }).starts_with("tasks: name is 'cpoy', but one of copy, text, series, "));
  CHECK(error_of([] { task_row("cpoy"); }).ends_with("; the nearest is 'copy'"));
  CHECK(find_task("cpoy") == nullptr);
}

TEST_CASE("tasks: a command whose function is missing says which runs have it") {
  const TrainedRun copying = run_of("copy");
  CHECK(error_of([&] { function_of(copying, &TaskRow::sample, "sample", "writes no text"); }) ==
        "sample: runs/x is a run of train copy, which writes no text; runs of train text do");
  CHECK(error_of([&] { function_of(copying, &TaskRow::forecast, "forecast", "makes no forecasts"); }) ==
        "forecast: runs/x is a run of train copy, which makes no forecasts; runs of train series do");
  CHECK(function_of(copying, &TaskRow::evaluate, "eval", "cannot be evaluated") != nullptr);
}

TEST_CASE("tasks: an option that the task of a run does not take is refused") {
  const TrainedRun copying = run_of("copy");
  const Options options = checked_options("eval", copying, &TaskRow::eval_options, {{"length", 5}});
  CHECK((options.get<int64_t>("length") == 5 && options.get<int64_t>("batch") == 0));
  CHECK(error_of([&] {
          checked_options("eval", copying, &TaskRow::eval_options, {{"horizon", 5}});
        }) == "eval: runs/x is a run of train copy, which takes no --horizon; it takes --length, --examples, --batch");
}

TEST_CASE("tasks: an option with a value switches to the task that it is for") {
  const auto labels = [](const std::string& option) { return option == "labels"; };
  const auto nothing = [](const std::string&) { return false; };
  CHECK(switched(task_row("series"), labels).name == "sequences");
  CHECK(switched(task_row("series"), nothing).name == "series");
  CHECK(switched(task_row("copy"), labels).name == "copy");
}

// Three steps of a small network on the data that the task generates; undefined if it needs files.
Tensor weights_after_training(const TaskRow& row, int threads) {
  const WithThreads with(threads);
  RunConfig config = preset(row.name, row.presets[0].name);
  config.batch = 4;
  config.stack.layers = 1;
  config.stack.dim = 8;
  config.train.steps = 3;
  config.train.warmup = 0;
  config.train.eval_every = 0;
  try {
    if (row.prepare) row.prepare(config);
  } catch (const Error& error) {  // it asks for a file
    const std::string message = error.what();
    CHECK(std::any_of(row.files.begin(), row.files.end(),
                      [&](const std::string& file) { return message.find("--" + file) != std::string::npos; }));
    return {};
  }
  TrainedRun run = new_run(config);
  const OpenTask opened = row.open(run, KeptTexts());
  train(run.config.train, run.params, opened.task);
  return run.params.values().clone();
}

TEST_CASE("tasks: every task that generates its data has the same bits with any number of threads") {
  size_t trained = 0;
  for (const TaskRow& row : tasks()) {
    INFO(row.name);
    const Tensor weights = weights_after_training(row, 1);
    if (!weights.defined()) continue;
    CHECK(same_bits(weights_after_training(row, 3), weights));
    ++trained;
  }
  CHECK(trained >= 3);
}
