#include "needed_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../commands/commands.h"
#include "../commands/program.h"
#include "suggestions.h"

namespace scangrad_tools {

using namespace scangrad;
namespace fs = std::filesystem;

namespace {

constexpr size_t kMostRuns = 10, kColumns = 80;

std::vector<FoundRun> usable_runs(const NeededRun& need) {
  std::vector<FoundRun> runs = find_runs("runs");
  std::erase_if(runs, [&](const FoundRun& run) { return !need.is_usable(run); });
  return runs;
}

// The runs, one on each line, and a command for the first of them.
std::string listed(const NeededRun& need, const std::vector<FoundRun>& runs) {
  const size_t shown = std::min(runs.size(), kMostRuns);
  size_t widest = 0;
  for (size_t i = 0; i < shown; ++i) widest = std::max(widest, printable(runs[i].folder).size());
  std::string text;
  for (size_t i = 0; i < shown; ++i) {
    const std::optional<RunConfig>& config = runs[i].config;
    const std::string what = config ? fmt::format("{} on {}", config->stack.mixer.name, config->task) : "";
    std::string line = fmt::format("  {:<{}}  {}", printable(runs[i].folder), widest, what);
    if (line.size() > kColumns) line = "  " + printable(runs[i].folder);
    text += line + "\n";
  }
  if (shown < runs.size()) text += fmt::format("  and {} older ones\n", runs.size() - shown);
  const FoundRun& newest = runs.front();
  return text +
         "for the newest: " + printable(suggested(need.command, newest.config.value_or(RunConfig()), newest.folder));
}

}  // namespace

NeededRun run_holding(const std::string& command, const std::string& file, const std::string& maker) {
  const auto holds_it = [file](const FoundRun& run) {
    std::error_code error;
    return fs::exists(fs::path(run.folder) / file, error);
  };
  return {command, holds_it, maker};
}

NeededRun run_to_resume() {
  return run_holding("train --resume", "train.safetensors", "train " + tasks().front().name);
}

void check_run(const NeededRun& need, const std::string& folder) {
  std::error_code error;
  if (folder.empty())
    refuse_run(need, fmt::format("scangrad: {} needs the folder of a run; {} {} makes one", need.command,
                                 program_name(), need.maker));
  if (!fs::is_directory(folder, error))
    refuse_run(need, fmt::format("run: {} is no folder, but the folder of a run is needed", folder));
  if (!fs::exists(fs::path(folder) / "config.json", error))
    refuse_run(need, fmt::format("run: {} holds no config.json, so it is not the folder of a run", folder));
}

void refuse_run(const NeededRun& need, const std::string& what) {
  const std::vector<FoundRun> runs = usable_runs(need);
  if (!runs.empty()) throw ErrorWithLines(what, listed(need, runs));
  fail("{}", what);
}

}  // namespace scangrad_tools
