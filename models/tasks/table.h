// The tasks that a network can be trained on: one table with one row for each task. Every command, `convert`, `plot`
// and the other languages read the row, so a new task is one folder and one row. models/README.md shows how to add one.
//
//   for (const TaskRow& row : tasks()) ...
//   const TaskRow& row = task_row("copy");
//
//   TaskRow row;                                // a task of a program that embeds the library:
//   row.name = "latch";                         //   tools/examples/own_task.cpp
//   row.presets = {{"small", "16 steps", {{"length", 16}, {"steps", 300}}}};
//   row.build = ...; row.open = ...;
//   register_task(row);                         // before other threads use the table
//
// A row needs a name, help, at least one preset, build and open. Every other function may be missing: the command that
// needs it then refuses the run in one line that names the tasks which have it.
//
// Errors: an unknown name (the message gives the nearest one), a name that is registered twice, a row without what it
// needs, an option with the name of a field that every run has.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "../runs/kept_texts.h"
#include "../runs/trained_run.h"
#include "../training/train.h"
#include "actions.h"

namespace scangrad::SCANGRAD_PRECISION {

// Values that fields start from, by their keys in config.json: options of the task, of the network, of training.
struct Preset {
  std::string name, help;
  Options fields;
};

// Writes what a run keeps next to config.json into its folder.
using SaveKept = std::function<void(const std::string& folder)>;

// What published weights need besides a configuration.
struct Adopted {
  SaveKept save = nullptr;
  std::string note = {};  // a line to print
};

// A run whose data is open and whose network is built.
struct OpenTask {
  Task task;                // loss and validation: training/train.h
  std::string title;        // "mingru on TITLE": the data, for pictures
  std::string summary;      // "mingru on SUMMARY": the data with its sizes, for the first printed line
  SaveKept save = nullptr;  // writes the files TaskRow::kept; empty: there are none
  // The final evaluation, after training; the network has its best weights. Empty: none.
  std::function<std::string(const TrainResult&)> report = nullptr;
};

struct TaskRow {
  std::string name, help;
  OptionList options;           // of the task and its data
  OptionList network;           // of what is around the stack, e.g. token_options()
  std::vector<Preset> presets;  // the first one is the default

  std::vector<std::string> files;  // options that are paths of data, which config.json keeps as absolute paths
  std::vector<std::string> data;   // other options that select data
  std::vector<std::string> late;   // options that may still change when a run has ended: they change no number of it
  std::vector<std::string> kept;   // files that it keeps next to config.json
  std::vector<std::string>
      forgotten;  // keys that a config.json of an older version may have, and that mean nothing now
  // With a value for the option `switch_option` the run is of the task `switch_task`. Empty: no such option.
  std::string switch_option, switch_task;
  std::string example;                     // options of a `train` that is worth trying first
  std::string loss_label = "loss";         // of a plot
  std::string loss_label_of_numbers = {};  // where the run has no accuracy; empty: the same

  // Fills in options that follow from others, and checks what needs no data. May be missing.
  std::function<void(RunConfig& config)> prepare;
  // Builds the network of a run that was trained, from the configuration and what the run keeps.
  std::function<void(TrainedRun& run, const KeptTexts& kept)> build;
  // Opens the data of a run to be trained, builds its network, and returns what the training loop needs. `kept` is not
  // empty where a run is resumed or a step is repeated: what it knows of its data stays as it is.
  // `run` must outlive the result, and may be moved.
  std::function<OpenTask(TrainedRun& run, const KeptTexts& kept)> open;

  // What commands do with a trained run. `given` has all options of the list; those not given have the default.
  OptionList eval_options;
  std::function<std::string(TrainedRun& run, const Options& given)> evaluate;  // the lines to print
  OptionList gate_options;
  std::function<GateReading(const TrainedRun& run, const Options& given)> gates;
  std::function<int64_t(TrainedRun& run, const SampleOptions& options, const ShowText& show)> sample;
  std::function<Forecast(const TrainedRun& run, const ForecastOptions& options)> forecast;
  // What to try on a trained run, the best first: "eval RUN --length 128". May be missing.
  std::function<std::vector<std::string>(const RunConfig& config)> next;
  // Makes the configuration fit published weights with `vocab` tokens, whose text is `data` (empty: unknown).
  // `preset_for_weights` names the preset that it starts from.
  std::string preset_for_weights = {};
  std::function<Adopted(RunConfig& config, int64_t vocab, const std::string& data)> adopt;
};

// All of them, in the order in which commands list them. References stay valid.
SCANGRAD_API const std::deque<TaskRow>& tasks();
SCANGRAD_API std::vector<std::string> task_names();
SCANGRAD_API const TaskRow& task_row(const std::string& name);
SCANGRAD_API const TaskRow* find_task(const std::string& name);  // null: there is none
SCANGRAD_API void register_task(const TaskRow& row);

// options and network in one list.
SCANGRAD_API OptionList all_options(const TaskRow& row);
// Whether the gates of its mixer can be watched.
SCANGRAD_API bool shows_gates(const RunConfig& config);
// The task of a configuration in which the options `given` have a value: the row, or the one that it switches to.
SCANGRAD_API const TaskRow& switched(const TaskRow& row, const std::function<bool(const std::string& option)>& given);
// For a command whose function the run's task lacks. `lacks` says so of the task: "writes no text".
[[noreturn]] SCANGRAD_API void refuse_command(const std::string& command, const TrainedRun& run,
                                              const std::string& lacks, const std::vector<std::string>& who_can);

// The function of the run's task, or the error.
template <class F>
const F& function_of(const TrainedRun& run, F TaskRow::*function, const std::string& command,
                     const std::string& lacks) {
  if (const F& found = task_row(run.config.task).*function) return found;
  std::vector<std::string> who_can;
  for (const TaskRow& row : tasks())
    if (row.*function) who_can.push_back(row.name);
  refuse_command(command, run, lacks, who_can);
}

// The options of a command on a run, complete. Errors: one that its task does not take.
SCANGRAD_API Options checked_options(const std::string& command, const TrainedRun& run, OptionList TaskRow::*list,
                                     const Options& given);

}  // namespace scangrad::SCANGRAD_PRECISION
