#include "run_summary.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <system_error>

#include "../../core/check.h"
#include "../training/loop/resume.h"
#include "run_folder.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

bool holds(const std::string& folder, const char* name) {
  std::error_code error;
  return std::filesystem::exists(std::filesystem::path(folder) / name, error);
}

// Keeps the better of both numbers, if the new one is a number.
template <class Better>
void improve(std::optional<double>& best, const std::optional<double>& now, Better better) {
  if (now && std::isfinite(*now) && (!best || better(*now, *best))) best = now;
}

void read_numbers(RunSummary& run) {
  run.rows = read_metrics(run.folder);
  for (const MetricsRow& row : run.rows) {
    improve(run.loss, row.val_loss, std::less());
    improve(run.accuracy, row.val_accuracy, std::greater());
    improve(run.seconds, row.seconds, std::greater());
    improve(run.peak_mb, row.peak_mb, std::greater());
  }
}

void read(RunSummary& run) {
  run.config = load_config(run.folder + "/config.json");
  const bool has_state = holds(run.folder, "train.safetensors"), has_metrics = holds(run.folder, "metrics.csv");
  if (has_metrics) read_numbers(run);
  const int64_t shown = run.rows.empty() ? 0 : run.rows.back().step;
  const bool is_training = is_locked(run.folder);
  if (has_state) {
    const LoopState loop = load_loop(run.folder + "/train.safetensors");
    run.steps = is_training ? std::max(shown, loop.step) : loop.step;
    run.state = is_done(run.config.train, loop) ? RunState::kDone : RunState::kStopped;
    if (!run.loss && loop.best_step > 0) run.loss = loop.best_loss;
    if (!run.seconds && loop.seconds > 0) run.seconds = loop.seconds;
  } else {
    run.steps = shown;
    const bool is_whole = shown >= run.config.train.steps;
    run.state = !has_metrics ? RunState::kWeights : is_whole ? RunState::kDone : RunState::kStopped;
  }
  if (is_training) run.state = RunState::kTraining;
}

}  // namespace

RunSummary summary_of_run(const std::string& folder) {
  RunSummary run{.folder = folder};
  try {
    read(run);
  } catch (const Error& error) {
    run = {.folder = folder, .problem = error.what()};
  }
  return run;
}

}  // namespace scangrad::SCANGRAD_PRECISION
