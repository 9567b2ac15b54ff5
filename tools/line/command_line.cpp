#include "command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <utility>

#include "../../core/check.h"
#include "../../core/threads.h"
#include "../../models/training/progress.h"
#include "../commands/commands.h"
#include "complete_line.h"
#include "help_text.h"
#include "parse_errors.h"

namespace scangrad_tools {
namespace {

constexpr int64_t kMostThreads = 4'096;

// Prints what --help, --help-all or --version asks for.
Run answer(CLI::App& app, const CLI::ParseError& asked) {
  const bool all = dynamic_cast<const CLI::CallForAllHelp*>(&asked) != nullptr;
  const bool is_help = all || dynamic_cast<const CLI::CallForHelp*>(&asked) != nullptr;
  const size_t columns = std::max<size_t>(scangrad::terminal_columns(stdout), 40);
  const std::string text = is_help ? help_text(app, all, columns) : std::string(asked.what()) + "\n";
  return [text] {
    fmt::print("{}", text);
    return 0;
  };
}

}  // namespace

Run parse_command_line(CLI::App& app, std::vector<std::string> words, const AddCommands& add) {
  app.name("scangrad");
  app.description("Train recurrent networks in parallel over time, without backpropagation through time.");
  app.require_subcommand(1);
  app.fallthrough();
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.set_version_flag("--version", SCANGRAD_VERSION);
  app.set_help_all_flag("--help-all", "show all options");
  const auto threads = std::make_shared<int64_t>(scangrad::threads());
  app.add_option("--threads", *threads, "threads to use; results do not depend on it")->capture_default_str();
  const auto openmp = std::make_shared<bool>(false);
  app.add_flag("--openmp", *openmp, "use OpenMP's threads: slower, above all while other programs run")
      ->group(later("Options"));
  words = complete_line(std::move(words));
  const Run run = add(app, words);
  set_example(app, "train copy --preset quick");
  check_values(app);
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return answer(app, error);
    throw scangrad::Error(sentence_for(app, words, error));
  }
  scangrad::check(*threads <= kMostThreads, "threads: count is {}, but at most {} is possible", *threads, kMostThreads);
  return [threads, openmp, run] {
    scangrad::set_threads(static_cast<int>(*threads));
    scangrad::check(scangrad::use_openmp(*openmp), "scangrad: this program was built without OpenMP; omit --openmp");
    return run();
  };
}

Run parse_command_line(CLI::App& app, int argc, char** argv) {
  return parse_command_line(app, {argv + 1, argv + argc}, add_commands);
}

}  // namespace scangrad_tools
