#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "../../core/check.h"
#include "../../core/error.h"
#include "../../core/files/text.h"
#include "../../core/threads.h"
#include "../../models/tasks/table.h"
#include "commands.h"
#include "mixer_options.h"

namespace scangrad_tools {
namespace {

// The names of all options of a command and of the commands that contain it, to find the most similar one.
std::vector<std::string> option_names(const CLI::App* app) {
  std::vector<std::string> names;
  for (; app != nullptr; app = app->get_parent())
    for (const CLI::Option* option : app->get_options())
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::vector<std::string> command_names(const CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app->get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

// The tasks that have an option of this name.
std::vector<std::string> tasks_with(const std::string& option) {
  std::vector<std::string> names;
  for (const scangrad::TaskRow& row : scangrad::tasks())
    for (const scangrad::Option& each : scangrad::all_options(row))
      if (flag_of(each.name) == option) names.push_back(row.name);
  return names;
}

// The innermost command of the line.
const CLI::App* innermost(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return at;
}

// A message about the first unknown or misplaced word; empty if there is none.
std::string unknown_word(const CLI::App& app) {
  const CLI::App* const at = innermost(app);
  const std::vector<std::string> rest = app.remaining(true);
  if (rest.empty()) return "";
  const std::string word = rest.front().substr(0, rest.front().find('='));
  const bool is_option = word.rfind('-', 0) == 0;
  if (is_option && at->get_name() == "train")
    return fmt::format("scangrad: option '{}' belongs after the task, which is one of {}: train copy {}", word,
                       scangrad::joined(command_names(at)), word);
  if (is_option && at->get_parent() != nullptr && at->get_parent()->get_name() == "train") {
    const std::vector<std::string> others = tasks_with(word);
    if (!others.empty())
      return fmt::format("scangrad: option '{}' does not belong to this task; it is an option of train {}", word,
                         scangrad::joined(others, ", train "));
  }
  const std::string known = scangrad::nearest(word, is_option ? option_names(at) : command_names(at));
  return fmt::format("scangrad: unknown {} '{}'{}", is_option ? "option" : "argument", word,
                     known.empty() ? "" : fmt::format("; the nearest is '{}'", known));
}

// A message that lists the commands if the line lacks one; else empty.
std::string missing_command(const CLI::App& app) {
  const CLI::App* const at = innermost(app);
  if (at->get_require_subcommand_min() == 0) return "";
  const std::string name = at == &app ? "" : " " + at->get_name();
  return fmt::format("scangrad:{} needs one of {}; scangrad{} --help tells them apart", at == &app ? " the line" : name,
                     scangrad::joined(command_names(at)), name);
}

}  // namespace

Run parse_command_line(CLI::App& app, int argc, char** argv, const AddCommands& add) {
  app.name("scangrad");
  app.description("Train recurrent networks in parallel over time, without backpropagation through time.");
  app.require_subcommand(1);
  app.fallthrough();
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.set_version_flag("--version", SCANGRAD_VERSION);
  const auto threads = std::make_shared<int>(scangrad::threads());
  app.add_option("--threads", *threads, "threads to use; results do not depend on it")->capture_default_str();
  const auto openmp = std::make_shared<bool>(false);
  app.add_flag("--openmp", *openmp, "use OpenMP's threads: slower, above all while other programs run");
  const Run run = add(app, argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) throw;  // --help
    std::string message = unknown_word(app);
    if (message.empty() && error.get_name() == "RequiredError") message = missing_command(app);
    throw scangrad::Error(message.empty() ? fmt::format("scangrad: {}", error.what()) : message);
  }
  return [threads, openmp, run] {
    scangrad::set_threads(*threads);
    scangrad::check(scangrad::use_openmp(*openmp), "scangrad: this program was built without OpenMP; omit --openmp");
    return run();
  };
}

}  // namespace scangrad_tools
