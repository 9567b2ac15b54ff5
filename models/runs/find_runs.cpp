#include "find_runs.h"

#include <algorithm>
#include <system_error>

#include "../../core/error.h"

namespace scangrad::SCANGRAD_PRECISION {

namespace fs = std::filesystem;

namespace {

std::optional<RunConfig> config_of(const fs::path& run) {
  try {
    return load_config((run / "config.json").string());
  } catch (const Error&) {
    return {};
  }
}

FoundRun described(const fs::path& run) {
  std::error_code error;
  FoundRun found{run.string(), config_of(run), fs::exists(run / "model.safetensors", error), {}};
  found.written = fs::file_time_type::min();
  for (const char* const name : {"config.json", "metrics.csv", "train.safetensors", "model.safetensors"}) {
    const fs::file_time_type time = fs::last_write_time(run / name, error);
    if (!error) found.written = std::max(found.written, time);
  }
  return found;
}

void search(const fs::path& folder, int depth, std::vector<FoundRun>& runs) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code none;
    if (!at->is_directory(none)) continue;
    if (fs::is_regular_file(at->path() / "config.json", none))
      runs.push_back(described(at->path()));
    else if (depth > 1)
      search(at->path(), depth - 1, runs);
  }
}

}  // namespace

std::vector<FoundRun> find_runs(const std::string& folder) {
  std::vector<FoundRun> runs;
  search(folder, kRunDepth, runs);
  std::sort(runs.begin(), runs.end(), [](const FoundRun& a, const FoundRun& b) {
    return a.written != b.written ? a.written > b.written : a.folder < b.folder;
  });
  return runs;
}

}  // namespace scangrad::SCANGRAD_PRECISION
