// Learning curves, from the metrics of runs. The plot functions return an empty text on success, otherwise the reason
// why there is no picture.
#pragma once

#include <string>
#include <vector>

#include "../../models/training/metrics.h"
#include "style.h"

namespace scangrad_tools {

using RunMetrics = std::vector<scangrad::MetricsRow>;

enum class Measure { kLoss, kAccuracy };

// The metrics of a run, or of several that differ in their seeds: their mean is drawn at each step that all of them
// have, and their range as a band.
struct Curve {
  std::string label;
  LineStyle style;
  std::vector<RunMetrics> runs;
};

// The label of the axis for the loss of a task; an empty task stands for several tasks.
std::string loss_axis(const std::string& task, bool has_accuracy);

// One run: curve.svg and curve.png in its folder, from its metrics.csv.
std::string plot_run(const std::string& folder, const std::string& task, const std::string& title);

// Several runs against steps and, if all of them have times, against wall-clock time: NAME.svg and NAME.png in the
// folder. The lines show validations if every run has two of them, otherwise training. Errors: no step in common.
std::string plot_runs(const std::vector<Curve>& curves, Measure measure, const std::string& task,
                      const std::string& folder, const std::string& name);

// Whether a run has points, and whether it has points with times.
bool has_values(const RunMetrics& run, Measure measure);
bool has_times(const RunMetrics& run, Measure measure);

}  // namespace scangrad_tools
