// Learning curves, drawn by gnuplot as SVG and PNG. The plot functions return an empty text on success, otherwise the
// reason why there is no picture.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "../../models/training/metrics.h"

namespace scangrad_tools {

// The metrics of a run, and its name in the picture.
struct Curve {
  std::string label;
  std::vector<scangrad::MetricsRow> rows;
};

enum class Measure { kLoss, kAccuracy };

// The path of a picture without .svg or .png. Errors: no name, or the folder does not exist.
std::filesystem::path picture_path(const std::filesystem::path& out);

// The label of the axis for the loss of a task; an empty task stands for several tasks.
std::string loss_axis(const std::string& task, bool has_accuracy);

// One run: curve.svg and curve.png in its folder, from its metrics.csv.
std::string plot_run(const std::string& folder, const std::string& task, const std::string& title);

// Several runs against steps and, if the metrics contain times, against wall-clock time: NAME.svg and NAME.png in the
// folder.
std::string plot_runs(const std::vector<Curve>& curves, Measure measure, const std::string& task,
                      const std::string& folder, const std::string& name);

// Whether a curve has points, and whether it has points with times.
bool has_values(const Curve& curve, Measure measure);
bool has_times(const Curve& curve, Measure measure);

}  // namespace scangrad_tools
