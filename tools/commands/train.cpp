// scangrad train: trains a network, tests its best weights, draws the curve.
//
//   scangrad train copy --preset quick --out runs/quick            selective copying, on unseen examples
//   ...
//   trained after 2000 steps in 0:48, 66 MB at most
//   test accuracy 99.71 % on 4096 unseen examples (loss 0.0112)
//
//   scangrad train text --data input.txt --out runs/text           a text, on its last tenth
//   scangrad train text --resume runs/text --steps 2000            goes on where it stopped
//
//   scangrad train series --data load.csv --season 24              a series, on its last tenth: train_series.cpp
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <type_traits>

#include "../../core/check.h"
#include "../../core/files/safetensors.h"
#include "../../core/files/text.h"
#include "../../core/kernels/gemm.h"
#include "../../core/threads.h"
#include "../../models/runs/config_fields.h"
#include "../../models/runs/run_folder.h"
#include "../../models/tasks/copy/copy_task.h"
#include "../../models/tasks/text/text_task.h"
#include "../../models/training/metrics.h"
#include "../../models/training/progress.h"
#include "../plot/plot.h"
#include "commands.h"
#include "mixer_options.h"
#include "text_run.h"
#include "train_command.h"

namespace scangrad_tools {

using namespace scangrad;

void open_folder(TrainOptions& options) {
  const RunConfig& config = options.config;
  if (!options.resume.empty()) return check_resumable(options.resume);
  if (options.out.empty())
    options.out = fmt::format("runs/{}-{}-{}-seed{}", config.task, options.preset, config.model.stack.mixer.name,
                              config.train.seed);
  create_run_folder(options.out, options.force);
}

std::string absolute_path(const std::string& path, const std::string& before) {
  std::error_code error;
  if (std::filesystem::equivalent(path, before, error)) return before;
  const std::filesystem::path absolute = std::filesystem::absolute(path);
  return (absolute.has_filename() ? absolute : absolute.parent_path()).string();
}

std::string counted(int64_t count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

namespace {

// Those options of a run that is to end where it is which would have had to be known earlier. Where it ends, what is
// said about it, and where its data lies may change without making a lie of what is written down and drawn.
std::vector<std::string> too_late(const RunConfig& before, RunConfig now) {
  now.train.steps = before.train.steps;
  now.train.stop_at = before.train.stop_at;
  now.train.log_every = before.train.log_every;
  now.train.save_every = before.train.save_every;
  now.test_examples = before.test_examples;
  now.text.data = before.text.data;
  now.series.data = before.series.data;
  now.series.labels = before.series.labels;
  now.series.lengths = before.series.lengths;
  now.series.season = before.series.season;
  return changed_fields(before, now);
}

// Says where a run goes on and what is new in it.
void say_where_it_goes_on(const TrainOptions& options, const TrainStart& start) {
  const RunConfig& before = *options.before;
  const TrainConfig& now = options.config.train;
  const bool stopped = start.is_done && start.step < now.steps;
  const std::vector<std::string> vain = start.is_done ? too_late(before, options.config) : std::vector<std::string>();
  check(vain.empty(), "scangrad: the run in {} has ended after {} steps, so {} can change nothing; {} goes on",
        options.resume, start.step, joined(vain), stopped ? "--stop-at 0" : "a larger --steps");
  fmt::print("{} {} of {} steps\n", start.is_done ? "ended after" : "goes on after", start.step, now.steps);
  if (stopped) fmt::print("the accuracy to stop at was reached; --stop-at 0 goes on\n");
  const std::vector<std::string> changes = changed_fields(before, options.config);
  if (!changes.empty()) fmt::print("new from here on: {}\n", joined(changes));
  if (start.other_data) fmt::print("the data is not what it was\n");
  if (!start.is_done && (start.other_data || start.other_validation))
    fmt::print("what validated best before does not count: it was judged otherwise\n");
  if (!start.is_done && before.train.steps != now.steps && now.lr != now.min_lr)
    fmt::print("the cosine of the learning rate now ends at step {}\n", now.steps);
  std::fflush(stdout);
}

}  // namespace

TrainResult run_training(const TrainOptions& options, const Params& params, const Task& task, const std::string& title,
                         const std::function<void()>& save_more) {
  const RunConfig& config = options.config;
  const std::string folder = options.folder();
  fmt::print("{}, width {}, expansion {}; {} parameters\n", counted(config.model.stack.layers, "layer"),
             config.model.stack.dim, config.model.stack.expansion, params.count());
  fmt::print("{}, {}; {} {}\n", counted(threads(), "thread"), gemm_description(),
             options.resume.empty() ? "writing to" : "going on in", folder);
  if (threads() == 1) fmt::print("one thread only: --threads sets another number\n");
  std::fflush(stdout);

  const auto started = [&](const TrainStart& start) {
    if (options.before) say_where_it_goes_on(options, start);
    if (save_more) save_more();
    save_config(config, folder + "/config.json");  // last: run_folder.h
  };
  const TrainResult result = train(config.train, params, task,
                                   {.folder = folder,
                                    .progress = stdout,
                                    .resume = !options.resume.empty(),
                                    .other_data = options.names_data,
                                    .profile = options.profile,
                                    .detect_nan = options.detect_nan,
                                    .started = started});
  fmt::print("{} after {} steps in {}, {:.0f} MB at most\n", result.interrupted ? "interrupted" : "trained",
             result.steps, clock_time(result.seconds), peak_memory_mb());
  if (result.skipped > 0) fmt::print("{} steps were left out\n", result.skipped);
  const std::string problem = plot_run(folder, config.task, title);
  if (!problem.empty()) fmt::print("no curve drawn: {}\n", problem);
  if (result.interrupted)
    fmt::print("saved; to go on: {} train {} --resume {}\n", program_name(), config.task, shell_word(folder));
  return result;
}

namespace {

// The task that is asked for: the first word behind "train" that is no option and no option's value.
std::string asked_task(int argc, char** argv) {
  bool behind_train = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--threads") ++i;  // the one option that may stand here with a value of its own
    if (word.rfind('-', 0) == 0) continue;
    if (behind_train) return word;
    behind_train = word == "train";
    if (!behind_train) return "";
  }
  return "";
}

// The value of an option that has to be known before the others, since they override what it sets.
std::string early_value(int argc, char** argv, const std::string& option) {
  std::string value;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == option && i + 1 < argc) value = argv[i + 1];
    if (word.rfind(option + "=", 0) == 0) value = word.substr(option.size() + 1);
  }
  return value;
}

template <class E>
void add_choice(CLI::App& command, const std::string& name, E& value, const std::string& help) {
  std::vector<std::string> names;
  std::string current;
  for (const auto& [text, choice] : choices(value)) {
    names.push_back(text);
    if (choice == value) current = text;
  }
  command
      .add_option_function<std::string>(
          name,
          [&value, name, names](const std::string& text) {
            for (const auto& [known, choice] : choices(value))
              if (known == text) return void(value = choice);
            fail("scangrad: {} is '{}', but one of {} is needed; the nearest is '{}'", name, text, joined(names),
                 nearest(text, names));
          },
          fmt::format("{} ({})", help, joined(names)))
      ->default_str(current);
}

void add_fields(CLI::App& command, RunConfig& config, const std::string& mixer) {
  std::string group = "Data";
  each_field(config, [&](const char* name, auto& value, const char* help) {
    using T = std::decay_t<decltype(value)>;
    if (static_cast<const void*>(&value) == &config.train.steps) group = "Training";
    if constexpr (std::is_same_v<T, MixerChoice>)
      add_mixer_flags(command, value, mixer, group = "Network");
    else if constexpr (std::is_enum_v<T>)
      add_choice(command, flag_of(name), value, help);
    else if constexpr (std::is_same_v<T, bool>)
      command.add_flag(fmt::format("{0},!--no-{1}", flag_of(name), flag_of(name).substr(2)), value, help);
    else
      command.add_option(flag_of(name), value, help)->capture_default_str();
    command.get_option(flag_of(name))->group(group);
  });
}

}  // namespace

int train_copy(TrainOptions& options) {
  const RunConfig& config = options.config;
  check(config.test_examples >= 1 && config.validation_examples >= 1,
        "scangrad: {} validation and {} test examples, but at least 1 of each is needed", config.validation_examples,
        config.test_examples);
  // Everything that can be wrong with the options shows before the folder is touched.
  check_options(config.train);
  const int64_t steps = config.copy.length + config.copy.tokens;
  check(config.model.positions == 0 || config.model.positions >= steps,
        "scangrad: positions is {}, but sequences have {} steps", config.model.positions, steps);
  const SelectiveCopying data(config.copy);
  const Params params(static_cast<uint64_t>(config.train.seed));
  LanguageModelConfig sizes = config.model;
  sizes.vocab = config.copy.vocab;
  const LanguageModel model(params, sizes);
  const Task task = copy_task(model, data, static_cast<uint64_t>(config.train.seed), config.batch,
                              config.train.accumulate, config.validation_examples);
  if (!options.replay.empty()) return replay_step(options, params, task);
  open_folder(options);
  const RunLock lock(options.folder());
  fmt::print("{} on selective copying: length {}, {} tokens; ", sizes.stack.mixer.name, config.copy.length,
             config.copy.tokens);
  const std::string title =
      fmt::format("{} on selective copying, length {}", sizes.stack.mixer.name, config.copy.length);
  if (run_training(options, params, task, title).interrupted) return kInterrupted;
  const int64_t rows = config.batch / config.train.accumulate;
  const Evaluation test = evaluate_copying(model, data, kTestSeed, config.test_examples, rows);
  fmt::print("test accuracy {:.2f} % on {} unseen examples (loss {:.4f})\n", 100 * test.accuracy, config.test_examples,
             test.loss);
  return 0;
}

int train_text(TrainOptions& options) {
  RunConfig& config = options.config;
  check_options(config.train);
  const bool made_up = config.text.data.empty();
  if (!made_up) config.text.data = absolute_path(config.text.data, options.before ? options.before->text.data : "");
  std::optional<Vocabulary> known;  // ids stay what they were
  if (!options.resume.empty()) known = Vocabulary::load(options.resume + "/vocab.json");
  if (!options.replay.empty()) known = Vocabulary::parse(options.kept("vocab.json"), options.replay);
  const TextData data = open_text(config, known ? &*known : nullptr);
  const Params params(static_cast<uint64_t>(config.train.seed));
  LanguageModelConfig sizes = config.model;
  sizes.vocab = data.vocabulary().size();
  check(sizes.positions == 0 || sizes.positions >= config.text.length,
        "scangrad: positions is {}, but windows have {} tokens", sizes.positions, config.text.length);
  const LanguageModel model(params, sizes);
  Task task = text_task(model, data,
                        {.length = config.text.length,
                         .batch = config.batch,
                         .accumulate = config.train.accumulate,
                         .seed = static_cast<uint64_t>(config.train.seed),
                         .chunks = config.text.chunks,
                         .stream = config.text.stream,
                         .validation_windows = config.text.validation_windows});
  if (made_up) task.data_fingerprint = kMadeUp;
  if (!options.replay.empty()) return replay_step(options, params, task);
  open_folder(options);
  const RunLock lock(options.folder());
  const std::string name = made_up ? "synthetic text" : std::filesystem::path(config.text.data).filename().string();
  fmt::print("{} on {}: {} training and {} validation tokens of {} kinds; ", sizes.stack.mixer.name, name,
             data.training().size(), data.validation().size(), data.vocabulary().size());
  const TrainResult result = run_training(options, params, task, fmt::format("{} on {}", sizes.stack.mixer.name, name),
                                          [&] { data.vocabulary().save(options.folder() + "/vocab.json"); });
  if (result.interrupted) return kInterrupted;
  const bool on_all = config.text.validation_windows == 0;
  const Evaluation best =
      on_all ? result.best
             : evaluate_text(model, data.validation(), config.text.length, config.batch / config.train.accumulate);
  fmt::print("validation loss {:.4f} nats a token, perplexity {:.2f} (best weights, every token)\n", best.loss,
             std::exp(best.loss));
  if (made_up)
    fmt::print("the source's own entropy is {:.4f} nats a character: no network can do better\n",
               synthetic_text().entropy_per_character());
  fmt::print("to let it write: {} sample {}\n", program_name(), shell_word(options.folder()));
  return 0;
}

namespace {

using TrainTask = int (*)(TrainOptions& options);

std::function<int()> add_task(CLI::App& train, int argc, char** argv, const std::string& task, const std::string& help,
                              TrainTask run) {
  CLI::App* const command = train.add_subcommand(task, help);
  const auto options = std::make_shared<TrainOptions>();
  const bool is_asked = asked_task(argc, argv) == task;
  const std::vector<Preset> known = presets(task);
  options->preset = is_asked ? early_value(argc, argv, "--preset") : "";
  if (options->preset.empty()) options->preset = known.front().name;
  options->config = preset(task, options->preset);
  if (const std::string resume = is_asked ? early_value(argc, argv, "--resume") : ""; !resume.empty()) {
    check_resumable(resume);
    options->config = load_config(resume + "/config.json");
    options->before = options->config;
    check(options->config.task == task, "scangrad: {} is a run of train {}, not of train {}", resume,
          options->config.task, task);
  }
  std::vector<std::string> lines;
  for (const Preset& each : known) lines.push_back(fmt::format("{}: {}", each.name, each.help));
  CLI::Option* const presets_option =
      command
          ->add_option("--preset", options->preset,
                       fmt::format("what the other options start from\n{}", joined(lines, "\n")))
          ->capture_default_str();
  CLI::Option* const out = command->add_option(
      "--out", options->out, fmt::format("folder of the run (default runs/{}-PRESET-MIXER-seedSEED)", task));
  CLI::Option* const force = command->add_flag("--force", options->force, "replace the run that is in the folder");
  command->add_option("--resume", options->resume, "folder of a run to go on with, as if it had never stopped")
      ->excludes(presets_option)
      ->excludes(out)
      ->excludes(force);
  command->add_flag("--profile", options->profile, "say at the end where the time of a step went");
  command->add_flag("--detect-nan", options->detect_nan,
                    "watch every op: stop at the first number that is not finite, say where, and leave "
                    "replay.safetensors to repeat that step (scangrad replay)");
  add_fields(*command, options->config, is_asked ? early_value(argc, argv, "--mixer") : "");
  std::vector<CLI::Option*> names_data;
  for (const char* name : {"--data", "--columns", "--labels", "--lengths"})
    if (CLI::Option* const option = command->get_option_no_throw(name)) names_data.push_back(option);
  return [options, run, names_data, warmup = command->get_option("--warmup")] {
    for (const CLI::Option* const option : names_data) options->names_data |= option->count() > 0;
    // A run that is shorter than its preset's warm-up has a shorter one, unless somebody asked for it.
    TrainConfig& schedule = options->config.train;
    if (warmup->count() == 0 && schedule.warmup >= schedule.steps) schedule.warmup = schedule.steps / 10;
    if (warmup->count() == 0 && options->before) options->before->train.warmup = schedule.warmup;
    return run(*options);
  };
}

}  // namespace

Run add_train(CLI::App& app, int argc, char** argv) {
  CLI::App* const train = app.add_subcommand("train", "train a network");
  train->require_subcommand(1);
  const Run copy =
      add_task(*train, argc, argv, "copy", "remember tokens scattered through noise (selective copying)", train_copy);
  const Run text =
      add_task(*train, argc, argv, "text", "predict the next byte, character or token of a text", train_text);
  const Run series =
      add_task(*train, argc, argv, "series", "forecast a series of real numbers, or label many of them", train_series);
  return [train, copy, text, series] {
    return train->got_subcommand("copy") ? copy() : train->got_subcommand("text") ? text() : series();
  };
}

}  // namespace scangrad_tools
