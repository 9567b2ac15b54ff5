// Shared by `scangrad train`, its sweeps and `scangrad replay`: the options of a training, and the training itself.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "../../models/runs/run_config.h"
#include "../../models/tasks/table.h"
#include "commands.h"

namespace scangrad_tools {

struct TrainOptions {
  scangrad::RunConfig config;
  std::string preset, out, resume;
  std::optional<scangrad::RunConfig> before;  // of the run to resume
  std::string replay;                         // file with a step to repeat instead of training: replay.cpp
  bool all_rows = false;                      // replay prints every row of its table
  bool force = false, profile = false, detect_nan = false;
  std::vector<std::string> sweep;  // NAME=VALUE,VALUE: ../sweep/sweep.h
  bool is_part_of_sweep = false;   // which prints what is around the training
  bool names_data = false;         // an option that selects data was typed: the data may differ from that of the run
  scangrad::Options former;        // options of older versions, which are ignored: train_flags.cpp
  std::string folder() const { return resume.empty() ? out : resume; }
};

inline constexpr int kInterrupted = 130;  // exit status that shells give after Ctrl-C

// The path to write to config.json: absolute, or `before` if that is the same file.
std::string absolute_path(const std::string& path, const std::string& before = "");

// What `scangrad train` does with the options that were typed; returns the exit status.
using UseOptions = std::function<int(TrainOptions& options)>;
Run add_train(CLI::App& app, const std::vector<std::string>& words, const UseOptions& use);

// Trains a run of any task, or repeats a step; returns the exit status.
int train_run(TrainOptions& options);

// Its parts. All errors in the options are found by the first two, before the folder is changed.
void complete_options(TrainOptions& options);
scangrad::OpenTask open_run(const TrainOptions& options, scangrad::TrainedRun& run);
// Makes the folder of a new run, or checks the folder of a run to resume; trains in it.
scangrad::TrainResult train_in_folder(TrainOptions& options, const scangrad::TrainedRun& run,
                                      const scangrad::OpenTask& opened);

// Repeats the step of options.replay and prints the finding; returns the exit status.
int replay_step(const TrainOptions& options, const scangrad::Params& params, const scangrad::Task& task);

}  // namespace scangrad_tools
