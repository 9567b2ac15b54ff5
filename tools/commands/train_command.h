// Shared by `scangrad train` and `scangrad replay`: the options of a training, and the training itself.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "../../models/runs/run_config.h"

namespace scangrad_tools {

struct TrainOptions {
  scangrad::RunConfig config;
  std::string preset, out, resume;
  std::optional<scangrad::RunConfig> before;  // of the run to resume
  std::string replay;                         // file with a step to repeat instead of training: replay.cpp
  bool all_rows = false;                      // replay prints every row of its table
  bool force = false, profile = false, detect_nan = false;
  bool names_data = false;   // an option that selects data was typed: the data may differ from that of the run
  scangrad::Options former;  // options of older versions, which are ignored: train_flags.cpp
  std::string folder() const { return resume.empty() ? out : resume; }
};

inline constexpr int kInterrupted = 130;  // exit status that shells give after Ctrl-C

// The path to write to config.json: absolute, or `before` if that is the same file.
std::string absolute_path(const std::string& path, const std::string& before = "");

// Trains a run of any task, or repeats a step; returns the exit status.
int train_run(TrainOptions& options);

// Repeats the step of options.replay and prints the finding; returns the exit status.
int replay_step(const TrainOptions& options, const scangrad::Params& params, const scangrad::Task& task);

}  // namespace scangrad_tools
