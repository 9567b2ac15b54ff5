#include "table.h"

#include <algorithm>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../runs/config_fields.h"
#include "../runs/kept_texts.h"
#include "copy/copy_row.h"
#include "sequences/sequence_row.h"
#include "series/series_row.h"
#include "text/text_row.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

std::deque<TaskRow> built_in() {
  std::deque<TaskRow> rows{copy_row(), text_row(), series_row(), sequence_row()};
  for (const TaskRow& row : rows)
    for (const std::string& file : row.kept) add_kept_file(file);
  return rows;
}

std::deque<TaskRow>& table() {
  static std::deque<TaskRow> rows = built_in();
  return rows;
}

// The keys of a configuration that belong to no task.
std::vector<std::string> common_keys() {
  std::vector<std::string> keys{"task"};
  RunConfig config;
  const auto add = [&](const char* name, const auto&, const char*) { keys.emplace_back(name); };
  each_stack_field(config.stack, add);
  each_training_field(config, add);
  return keys;
}

bool contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

const std::deque<TaskRow>& tasks() {
  return table();
}

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const TaskRow& row : tasks()) names.push_back(row.name);
  return names;
}

const TaskRow* find_task(const std::string& name) {
  for (const TaskRow& row : tasks())
    if (row.name == name) return &row;
  return nullptr;
}

const TaskRow& task_row(const std::string& name) {
  const TaskRow* const row = find_task(name);
  check(row != nullptr, "tasks: name is '{}', but one of {} is needed; the nearest is '{}'", name, joined(task_names()),
        nearest(name, task_names()));
  return *row;
}

void register_task(const TaskRow& row) {
  check(!row.name.empty(), "tasks: a task has no name, but one is needed");
  check(find_task(row.name) == nullptr, "tasks: there is a task '{}' already; register it by another name", row.name);
  check(!row.presets.empty(), "tasks: {} has no preset, but at least one is needed", row.name);
  check(row.build != nullptr, "tasks: {} has no function build, but it is needed", row.name);
  check(row.open != nullptr, "tasks: {} has no function open, but it is needed", row.name);
  std::vector<std::string> keys = common_keys();
  for (const Option& option : all_options(row)) {
    check(!contains(keys, option.name),
          "tasks: {} has an option {}, but every run has a field of that name or it is "
          "there twice; give it another name",
          row.name, option.name);
    keys.push_back(option.name);
  }
  for (const std::string& file : row.kept) add_kept_file(file);
  table().push_back(row);
}

OptionList all_options(const TaskRow& row) {
  OptionList list = row.options;
  list.insert(list.end(), row.network.begin(), row.network.end());
  return list;
}

bool shows_gates(const RunConfig& config) {
  return !mixer_row(config.stack.mixer.name).gated_state.empty();
}

const TaskRow& switched(const TaskRow& row, const std::function<bool(const std::string& option)>& given) {
  return !row.switch_option.empty() && given(row.switch_option) ? task_row(row.switch_task) : row;
}

void refuse_command(const std::string& command, const TrainedRun& run, const std::string& lacks,
                    const std::vector<std::string>& who_can) {
  const std::string task = run.config.task;
  check(!who_can.empty(), "{}: {} is a run of train {}, which {}; no task does", command, run.folder, task, lacks);
  fail("{}: {} is a run of train {}, which {}; runs of train {} do", command, run.folder, task, lacks, joined(who_can));
}

Options checked_options(const std::string& command, const TrainedRun& run, OptionList TaskRow::*list,
                        const Options& given) {
  const TaskRow& row = task_row(run.config.task);
  for (const auto& [name, value] : given) {
    if (find_option(row.*list, name) != nullptr) continue;
    std::vector<std::string> flags;
    for (const Option& option : row.*list) flags.push_back("--" + option.name);
    check(!flags.empty(), "{}: {} is a run of train {}, which takes no --{}", command, run.folder, row.name, name);
    fail("{}: {} is a run of train {}, which takes no --{}; it takes {}", command, run.folder, row.name, name,
         joined(flags));
  }
  return complete(command, row.*list, given);
}

}  // namespace scangrad::SCANGRAD_PRECISION
