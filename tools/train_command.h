// What the tasks of `scangrad train` share: options, the run's folder, and the training itself.
#pragma once

#include <functional>
#include <string>

#include "../models/run_config.h"

namespace scangrad_tools {

struct TrainOptions {
  scangrad::RunConfig config;
  std::string preset, out, resume;
  int64_t resumed_steps = 0;  // that the run to go on with was to take; 0: a new run
  bool force = false, profile = false;
  std::string folder() const { return resume.empty() ? out : resume; }
};

inline constexpr int kInterrupted = 130;  // exit status, as shells give it after Ctrl-C

// Makes the folder of a new run, or checks that of one to go on with.
void open_folder(TrainOptions& options);

// Trains, and says what was left where. `save_more` writes what a task needs beside config.json.
scangrad::TrainResult run_training(const TrainOptions& options, const scangrad::Params& params,
                                   const scangrad::Task& task, const std::string& title,
                                   const std::function<void()>& save_more = nullptr);

// scangrad train series: train_series.cpp.
int train_series(TrainOptions& options);

}  // namespace scangrad_tools
