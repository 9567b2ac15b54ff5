// The runs in a folder and in its subfolders, the newest first.
//
//   for (const FoundRun& run : find_runs("runs")) ...        // runs/quick, runs/study/seed1, ...
//
// A run is a folder with a config.json (run_folder.h). Nothing is searched below a run, nor more than kRunDepth folders
// deep. A folder that does not exist or cannot be read has no runs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "run_config.h"

namespace scangrad::SCANGRAD_PRECISION {

inline constexpr int kRunDepth = 3;

struct FoundRun {
  std::string folder;                       // as it is typed: "runs/quick"
  std::optional<RunConfig> config;          // empty: config.json cannot be read
  bool has_weights = false;                 // a first validation or save has written model.safetensors
  std::filesystem::file_time_type written;  // when its configuration, metrics or weights were last written
};

SCANGRAD_API std::vector<FoundRun> find_runs(const std::string& folder);

}  // namespace scangrad::SCANGRAD_PRECISION
