// For commands that need a run: without one, or with a folder that holds none, they list the runs that they can use.
//
//   scangrad: sample needs the folder of a run; scangrad train text makes one
//     runs/text-tiny-mingru-seed42      mingru on text
//     runs/old                          minlstm on text
//   for the newest: scangrad sample runs/text-tiny-mingru-seed42
#pragma once

#include <functional>
#include <string>

#include "../../models/runs/find_runs.h"
#include "../../models/tasks/table.h"

namespace scangrad_tools {

// What a command needs.
struct NeededRun {
  std::string command;  // as it is typed: "plot gates"
  std::function<bool(const scangrad::FoundRun& run)> is_usable;
  std::string maker;  // how to get one: "train copy"
};

// Runs whose task has this function, with weights.
template <class F>
NeededRun run_with(const std::string& command, F scangrad::TaskRow::*function) {
  NeededRun need{command, {}, {}};
  need.is_usable = [function](const scangrad::FoundRun& run) {
    return run.has_weights && run.config && scangrad::task_row(run.config->task).*function;
  };
  for (const scangrad::TaskRow& row : scangrad::tasks())
    if (need.maker.empty() && row.*function) need.maker = "train " + row.name;
  return need;
}

// Runs that hold a file of this name.
NeededRun run_holding(const std::string& command, const std::string& file, const std::string& maker);
NeededRun run_to_resume();

// Errors: no folder is given, there is none, or it holds no run.
void check_run(const NeededRun& need, const std::string& folder);

// The error: the line `what`, and the runs that the command can use.
[[noreturn]] void refuse_run(const NeededRun& need, const std::string& what);

}  // namespace scangrad_tools
