// What the runs in one picture are called, which of them belong together, and how their lines look.
//
// A label says what differs between the runs: the values of as few fields of their configurations as tell them apart.
// Runs that differ in nothing but their seed are one group: a picture shows their mean and their range.
#pragma once

#include <string>
#include <vector>

#include "../../models/runs/run_config.h"
#include "style.h"

namespace scangrad_tools {

struct RunGroup {
  std::string label;
  LineStyle style;
  std::vector<size_t> runs;
};

struct RunGroups {
  std::vector<RunGroup> groups;
  std::vector<std::string> unsaid;  // fields in which the groups differ too, but which no label names
};

// Of runs with these folders and configurations.
RunGroups groups_of_runs(const std::vector<std::string>& folders, const std::vector<scangrad::RunConfig>& configs);
// Of runs without a readable configuration: the names of their folders or, if some are equal, their paths.
RunGroups groups_by_folder(const std::vector<std::string>& folders);
// Of runs with labels that were given: those with the same label are one group.
RunGroups groups_by_label(const std::vector<std::string>& labels);

}  // namespace scangrad_tools
