// What the tasks of `scangrad train` share: options, the run's folder, and the training itself.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "../../models/runs/run_config.h"

namespace scangrad_tools {

struct TrainOptions {
  scangrad::RunConfig config;
  std::string preset, out, resume;
  std::optional<scangrad::RunConfig> before;  // of the run to go on with
  std::string replay;                         // file with a step to repeat instead: command_replay.cpp
  bool all_rows = false;                      // of its table
  bool force = false, profile = false, detect_nan = false;
  bool names_data = false;  // the command line does, so that other data is meant
  std::string folder() const { return resume.empty() ? out : resume; }
  // The text of a file of the run's folder that is kept in the file to repeat a step from.
  std::string kept(const std::string& name) const;
};

inline constexpr int kInterrupted = 130;  // exit status, as shells give it after Ctrl-C

// "1 layer", "2 layers"
std::string counted(int64_t count, const std::string& what);

// For config.json: the absolute path, as the run to go on with has it where that is the same file by another name.
std::string absolute_path(const std::string& path, const std::string& before = "");

// Makes the folder of a new run, or checks that of one to go on with.
void open_folder(TrainOptions& options);

// Trains, and says what was left where. `save_more` writes what a task needs beside config.json.
scangrad::TrainResult run_training(const TrainOptions& options, const scangrad::Params& params,
                                   const scangrad::Task& task, const std::string& title,
                                   const std::function<void()>& save_more = nullptr);

// Repeats the step of options.replay, and says what it showed; returns the exit status.
int replay_step(const TrainOptions& options, const scangrad::Params& params, const scangrad::Task& task);

int train_copy(TrainOptions& options);
int train_text(TrainOptions& options);
int train_series(TrainOptions& options);  // train_series.cpp

}  // namespace scangrad_tools
