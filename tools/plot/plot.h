// Learning curves, drawn with gnuplot as SVG and as PNG. Each function returns an empty text where it worked; else why
// there is no picture, in a few words.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "../../models/training/metrics.h"

namespace scangrad_tools {

// What a run's metrics hold, and what the picture calls it.
struct Curve {
  std::string label;
  std::vector<scangrad::MetricsRow> rows;
};

enum class Measure { kLoss, kAccuracy };

// The name of a picture without its ending. Errors: no name, or a folder that is not there.
std::filesystem::path picture_path(const std::filesystem::path& out);

// What the loss of a task is, for an axis; empty: of several tasks.
std::string loss_axis(const std::string& task, bool has_accuracy);

// One run: curve.svg and curve.png in its folder, from its metrics.csv.
std::string plot_run(const std::string& folder, const std::string& task, const std::string& title);

// Several runs against steps and, where the metrics say when they were written, against wall-clock time: NAME.svg and
// NAME.png in the folder.
std::string plot_runs(const std::vector<Curve>& curves, Measure measure, const std::string& task,
                      const std::string& folder, const std::string& name);

// Whether a curve can be drawn at all, and against time.
bool has_values(const Curve& curve, Measure measure);
bool has_times(const Curve& curve, Measure measure);

}  // namespace scangrad_tools
