// What the folder of a run says about it: its configuration, how far it is, and its best numbers.
//
//   const RunSummary run = summary_of_run("runs/a");
//   run.state                  RunState::kDone
//   run.loss                   0.0102, the lowest validation loss
//
// It reads config.json, metrics.csv and the state in train.safetensors, so it needs neither the data nor the network.
// Folders of older versions can be read; what they did not measure is missing.
//
// A file that cannot be read makes the run a broken one; this is no error.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../training/metrics.h"
#include "run_config.h"

namespace scangrad::SCANGRAD_PRECISION {

enum class RunState {
  kDone,
  kStopped,   // --resume continues it
  kTraining,  // a process trains in the folder now
  kWeights,   // weights without a training: of `scangrad convert`
  kBroken,
};

struct RunSummary {
  std::string folder = {};
  RunState state = RunState::kBroken;
  std::string problem = {};  // of a broken run; nothing below is set then
  RunConfig config = {};
  int64_t steps = 0;  // done
  // The lowest validation loss, the highest validation accuracy, the time of training, the largest resident memory.
  std::optional<double> loss = {}, accuracy = {}, seconds = {}, peak_mb = {};
  std::vector<MetricsRow> rows = {};
};

SCANGRAD_API RunSummary summary_of_run(const std::string& folder);

}  // namespace scangrad::SCANGRAD_PRECISION
