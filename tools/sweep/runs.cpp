// scangrad runs [FOLDER]: what differs between the runs in a folder, how far they are, and their best numbers.
//
//   scangrad runs runs/sweep-copy-quick
//   copy: 2 runs, lowest validation loss first
//   run          lr      steps    loss  accuracy  time  memory
//   lr=0.003  0.003  2000/2000  0.0102   99.71 %  0:45   64 MB
//   lr=0.001  0.001  2000/2000  0.4021   84.12 %  0:44   64 MB
#include "runs.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <system_error>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../models/runs/find_runs.h"
#include "../../models/runs/run_table.h"
#include "../../models/training/progress.h"
#include "../commands/commands.h"
#include "../line/help_text.h"

namespace scangrad_tools {

using namespace scangrad;
namespace fs = std::filesystem;

namespace {

// A folder of another program may have a config.json too.
bool is_run(const RunSummary& run) {
  std::error_code error;
  return run.state != RunState::kBroken || fs::exists(fs::path(run.folder) / "train.safetensors", error) ||
         fs::exists(fs::path(run.folder) / "metrics.csv", error);
}

int runs(const std::string& folder) {
  std::error_code error;
  const std::string trains = fmt::format("{} train copy --out {}", program_name(), shell_word(folder + "/first"));
  check(fs::is_directory(folder, error), "scangrad: {} is no folder; give the folder of runs, or train one: {}", folder,
        trains);
  const FolderOfRuns found = runs_in(folder);
  check(!found.runs.empty(), "scangrad: there are no runs in {}; give another folder, or train one: {}", folder,
        trains);
  print_runs(found);
  return 0;
}

}  // namespace

FolderOfRuns runs_in(const std::string& folder) {
  FolderOfRuns found;
  const auto add = [&](const std::string& path, const std::string& name) {
    const RunSummary run = summary_of_run(path);
    if (!is_run(run)) return;
    found.runs.push_back(run);
    found.names.push_back(printable(name));
  };
  std::error_code error;
  if (fs::exists(fs::path(folder) / "config.json", error)) add(folder, folder);
  if (found.runs.empty())
    for (const FoundRun& run : find_runs(folder)) add(run.folder, fs::path(run.folder).lexically_relative(folder));
  return found;
}

void print_runs(const FolderOfRuns& found) {
  fmt::print("{}", run_tables(found.runs, found.names, terminal_columns(stdout)));
}

Run add_runs(CLI::App& app) {
  CLI::App* const command =
      app.add_subcommand("runs", "list the runs in a folder: what differs, best loss, time, memory");
  const auto folder = std::make_shared<std::string>("runs");
  command->add_option("folder", *folder, "folder of runs")->capture_default_str();
  set_example(*command, "runs");
  return [folder] { return runs(*folder); };
}

}  // namespace scangrad_tools
