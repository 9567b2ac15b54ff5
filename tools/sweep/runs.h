// The runs in a folder as a table: `scangrad runs`, and the end of a sweep.
#pragma once

#include <string>
#include <vector>

#include "../../models/runs/run_summary.h"

namespace scangrad_tools {

struct FolderOfRuns {
  std::vector<scangrad::RunSummary> runs;
  std::vector<std::string> names;  // below the folder
};

// The runs in a folder and in its subfolders; the folder itself, if it is a run.
FolderOfRuns runs_in(const std::string& folder);
// Prints them as tables that fit the terminal.
void print_runs(const FolderOfRuns& found);

}  // namespace scangrad_tools
