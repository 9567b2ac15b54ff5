// The command line of scangrad train: a command for each task, with a flag for each field of a run.
//
// The flags start from the preset, or from the run to resume. So the line is read twice: first for the task, --preset,
// --resume and --mixer only, then for everything.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../models/runs/run_folder.h"
#include "../../models/tasks/table.h"
#include "../line/help_text.h"
#include "../line/needed_run.h"
#include "../sweep/sweep.h"
#include "commands.h"
#include "config_flags.h"
#include "mixer_options.h"
#include "train_command.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

// What the flags depend on.
struct Asked {
  const TaskRow* row = nullptr;
  std::string preset, resume, mixer;
  std::string switched_by;  // the value of the option that switches to another task: TaskRow::switch_option
};

Asked first_pass(const std::vector<std::string>& words) {
  Asked asked;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.fallthrough();
  app.require_subcommand(0, 1);
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  std::string threads;
  app.add_option("--threads", threads);  // the only option with a value that may stand before the task
  CLI::App* const train = app.add_subcommand("train");
  train->require_subcommand(0, 1);
  for (const TaskRow& row : tasks()) {
    CLI::App* const command = train->add_subcommand(row.name);
    command->add_option("--preset", asked.preset);
    command->add_option("--resume", asked.resume);
    command->add_option("--mixer", asked.mixer);
    if (!row.switch_option.empty()) command->add_option(flag_of(row.switch_option), asked.switched_by);
  }
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError&) {  // reported by the second pass
  }
  for (const CLI::App* const command : train->get_subcommands()) asked.row = find_task(command->get_name());
  return asked;
}

// Sets the configuration that the flags then change.
void set_defaults(TrainOptions& options, const TaskRow& row, const Asked& asked) {
  const TaskRow& chosen = switched(row, [&](const std::string&) { return !asked.switched_by.empty(); });
  options.preset = asked.preset.empty() ? chosen.presets.front().name : asked.preset;
  options.config = preset(chosen.name, options.preset);
  if (asked.resume.empty()) return;
  check_run(run_to_resume(), asked.resume);
  check_resumable(asked.resume);
  options.config = load_config(asked.resume + "/config.json");
  options.before = options.config;
  const TaskRow& found = task_row(options.config.task);
  check(&found == &row || found.name == row.switch_task, "scangrad: {} is a run of train {}, not of train {}",
        asked.resume, found.name, row.name);
}

// `train series --labels` is the task sequences. Options of series that sequences does not have are read and ignored.
void add_former_flags(CLI::App& command, const TaskRow& row, const TaskRow& chosen, TrainOptions& options) {
  if (&row == &chosen) return;
  OptionList former;
  for (const Option& option : row.options)
    if (find_option(chosen.options, option.name) == nullptr &&
        std::find(row.data.begin(), row.data.end(), option.name) == row.data.end())
      former.push_back(option);
  options.former = complete(row.name, former, {});
  add_option_flags(command, former, options.former, /*group=*/"");
}

// What a run has saved keeps its shapes.
void check_same_shapes(const RunConfig& before, const TrainOptions& options) {
  const std::vector<std::string> changes = changed_fields(before, options.config, kFixed);
  check(changes.empty(),
        "scangrad: {} cannot change when {} is resumed; leave it out, or start a new run: --out instead of --resume",
        joined(changes), options.resume);
}

std::string preset_help(const TaskRow& row) {
  std::vector<std::string> lines;
  for (const Preset& each : row.presets) lines.push_back(fmt::format("{}: {}", each.name, each.help));
  return fmt::format("values that the other options start from\n{}", joined(lines, "\n"));
}

Run add_task(CLI::App& train, const TaskRow& row, const Asked& asked, const UseOptions& use) {
  CLI::App* const command = train.add_subcommand(row.name, row.help);
  const auto options = std::make_shared<TrainOptions>();
  const Asked typed = asked.row == &row ? asked : Asked();
  set_defaults(*options, row, typed);
  const TaskRow& chosen = task_row(options->config.task);
  CLI::Option* const presets =
      command->add_option("--preset", options->preset, preset_help(chosen))->capture_default_str();
  CLI::Option* const out = command->add_option(
      "--out", options->out, fmt::format("folder of the run (default runs/{}-PRESET-MIXER-seedSEED)", chosen.name));
  CLI::Option* const force = command->add_flag("--force", options->force, "replace the run that is in the folder");
  force->group(later("Options"));
  CLI::Option* const resume =
      command->add_option("--resume", options->resume, "folder of a run to continue as if it had never stopped")
          ->excludes(presets)
          ->excludes(out)
          ->excludes(force);
  command
      ->add_option("--sweep", options->sweep,
                   "NAME=A,B,... trains one run for each value of an option; with several of them, for each "
                   "combination. --out is then the folder of these runs")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(later("Options"))
      ->excludes(resume)
      ->excludes(force);
  command->add_flag("--profile", options->profile, "print at the end how the time of a step was spent")
      ->group(later("Options"));
  command
      ->add_flag("--detect-nan", options->detect_nan,
                 "check every op: stop at the first number that is not finite, print where it arose, and write "
                 "replay.safetensors to repeat that step (scangrad replay)")
      ->group(later("Options"));
  add_config_flags(*command, options->config, typed.mixer);
  add_former_flags(*command, row, chosen, *options);
  set_example(*command, fmt::format("train {}{}{}", row.name, row.example.empty() ? "" : " ", row.example));
  std::vector<CLI::Option*> names_data;
  for (const auto* const names : {&chosen.files, &chosen.data})
    for (const std::string& name : *names) names_data.push_back(command->get_option(flag_of(name)));
  return [options, use, names_data, warmup = command->get_option("--warmup")] {
    for (const CLI::Option* const option : names_data) options->names_data |= option->count() > 0;
    if (options->before) check_same_shapes(*options->before, *options);
    // A run that is shorter than the warm-up of its preset has a shorter one, unless --warmup was typed.
    TrainConfig& schedule = options->config.train;
    if (warmup->count() == 0 && schedule.warmup >= schedule.steps) schedule.warmup = schedule.steps / 10;
    if (warmup->count() == 0 && options->before) options->before->train.warmup = schedule.warmup;
    return use(*options);
  };
}

}  // namespace

Run add_train(CLI::App& app, const std::vector<std::string>& words, const UseOptions& use) {
  CLI::App* const train = app.add_subcommand("train", "train a network");
  train->require_subcommand(1);
  const Asked asked = first_pass(words);
  std::vector<std::pair<std::string, Run>> runs;
  for (const TaskRow& row : tasks()) runs.emplace_back(row.name, add_task(*train, row, asked, use));
  set_example(*train, "train copy --preset quick");
  return [train, runs] {
    for (const auto& [name, run] : runs)
      if (train->got_subcommand(name)) return run();
    return 1;
  };
}

Run add_train(CLI::App& app, const std::vector<std::string>& words) {
  return add_train(app, words, [words](TrainOptions& options) {
    return options.sweep.empty() ? train_run(options) : train_sweep(options, words);
  });
}

}  // namespace scangrad_tools
