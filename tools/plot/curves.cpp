#include "curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "../../core/check.h"
#include "../../models/tasks/table.h"
#include "panels.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

struct Measured {
  double step, minutes, value;  // minutes: NaN if unknown
};

std::vector<Measured> measured(const RunMetrics& run, Measure measure, bool validation) {
  const auto member = measure == Measure::kLoss ? (validation ? &MetricsRow::val_loss : &MetricsRow::loss)
                                                : (validation ? &MetricsRow::val_accuracy : &MetricsRow::accuracy);
  std::vector<Measured> result;
  for (const MetricsRow& row : run) {
    if (!(row.*member).has_value() || !std::isfinite(*(row.*member))) continue;
    const double minutes = row.seconds ? *row.seconds / 60 : NAN;
    result.push_back({static_cast<double>(row.step), minutes, *(row.*member) * (measure == Measure::kLoss ? 1 : 100)});
  }
  return result;
}

// Mean and range at the steps that all runs have. The time of a mean is the mean of the times.
std::vector<Point> points_of(const Curve& curve, Measure measure, bool validation, bool against_time) {
  std::map<double, std::vector<Measured>> at_step;
  for (const RunMetrics& run : curve.runs)
    for (const Measured& each : measured(run, measure, validation)) at_step[each.step].push_back(each);
  std::vector<Point> points;
  for (const auto& [step, all] : at_step) {
    if (all.size() != curve.runs.size()) continue;
    Point point{0, 0};
    if (all.size() > 1) point = {0, 0, INFINITY, -INFINITY};
    for (const Measured& each : all) {
      const auto count = static_cast<double>(all.size());
      point.x += (against_time ? each.minutes : step) / count;
      point.y += each.value / count;
      if (all.size() == 1) continue;
      point.low = std::min(point.low, each.value);
      point.high = std::max(point.high, each.value);
    }
    if (!std::isnan(point.x)) points.push_back(point);
  }
  return points;
}

// A loss has a logarithmic axis if it falls by more than a factor of ten after the first twentieth of the steps, which
// otherwise does not stretch the axis.
void set_axis(Panel& panel, Measure measure) {
  if (measure == Measure::kAccuracy) {
    panel.limits = {0, 100};
    return;
  }
  double least = INFINITY, largest = -INFINITY, last = 0;
  for (const Line& line : panel.lines)
    if (!line.points.empty()) last = std::max(last, line.points.back().x);
  for (const Line& line : panel.lines)
    for (const Point& point : line.points) {
      least = std::min(least, point.y);
      if (point.x >= last / 20) largest = std::max(largest, point.y);
    }
  panel.log_y = least > 0 && largest > 10 * least;
  panel.settles = !panel.log_y;
}

// Whether to draw validations: every run has two of them, or some run has nothing else.
bool draws_validations(const std::vector<Curve>& curves, Measure measure) {
  bool all_have_two = true;
  for (const Curve& curve : curves)
    for (const RunMetrics& run : curve.runs) {
      if (measured(run, measure, false).empty()) return true;
      all_have_two = all_have_two && measured(run, measure, true).size() >= 2;
    }
  return all_have_two;
}

}  // namespace

std::string loss_axis(const std::string& task, bool has_accuracy) {
  const TaskRow* const row = find_task(task);
  if (row == nullptr) return "loss";
  return has_accuracy || row->loss_label_of_numbers.empty() ? row->loss_label : row->loss_label_of_numbers;
}

std::string plot_run(const std::string& folder, const std::string& task, const std::string& title) try {
  const RunMetrics rows = read_metrics(folder);
  if (rows.empty()) return folder + "/metrics.csv holds no line yet";
  const bool has_accuracy = has_values(rows, Measure::kAccuracy);
  Figure figure{.title = title};
  for (const Measure measure : {Measure::kLoss, Measure::kAccuracy}) {
    if (measure == Measure::kAccuracy && !has_accuracy) continue;
    Panel panel{.x = "training steps",
                .y = measure == Measure::kLoss ? loss_axis(task, has_accuracy) : "accuracy (%)",
                .lines = {}};
    const Curve curve{"", {}, {rows}};
    panel.lines.push_back({"training", points_of(curve, measure, false, false), {.thin = true}, /*marks=*/false});
    panel.lines.push_back({"validation", points_of(curve, measure, true, false), {.hue = 1}});
    set_axis(panel, measure);
    figure.panels.push_back(panel);
  }
  return plot_figure(figure, folder, "curve");
} catch (const Error& error) {
  return error.what();
}

std::string plot_runs(const std::vector<Curve>& curves, Measure measure, const std::string& task,
                      const std::string& folder, const std::string& name) {
  bool has_accuracy = false, all_have_times = true;
  size_t fewest = SIZE_MAX, most = 0;
  for (const Curve& curve : curves) {
    fewest = std::min(fewest, curve.runs.size());
    most = std::max(most, curve.runs.size());
    for (const RunMetrics& run : curve.runs) {
      has_accuracy = has_accuracy || has_values(run, Measure::kAccuracy);
      all_have_times = all_have_times && has_times(run, measure);
    }
  }
  const bool validation = draws_validations(curves, measure);
  const std::string what = measure == Measure::kLoss ? loss_axis(task, has_accuracy) : "accuracy (%)";
  Figure figure{.columns = all_have_times ? size_t{2} : size_t{1}, .height = 340};
  if (most > 1)
    figure.range =
        fewest == most ? fmt::format("range of {} seeds around their mean", most) : "range of seeds around their mean";
  for (const bool against_time : {false, true}) {
    if (against_time && !all_have_times) continue;
    Panel panel{.x = against_time ? "wall-clock time (minutes)" : "training steps",
                .y = (validation ? "validation " : "training ") + what,
                .lines = {}};
    for (const Curve& curve : curves) {
      panel.lines.push_back({curve.label, points_of(curve, measure, validation, against_time), curve.style});
      check(against_time || !panel.lines.back().points.empty(),
            "plot: the runs with the label '{}' have no step in common; --labels gives each its own", curve.label);
    }
    set_axis(panel, measure);
    if (against_time) panel.log_y = figure.panels[0].log_y, panel.settles = figure.panels[0].settles;
    figure.panels.push_back(panel);
  }
  return plot_figure(figure, folder, name);
}

bool has_values(const RunMetrics& run, Measure measure) {
  return !measured(run, measure, false).empty() || !measured(run, measure, true).empty();
}

bool has_times(const RunMetrics& run, Measure measure) {
  for (const bool validation : {false, true})
    for (const Measured& each : measured(run, measure, validation))
      if (!std::isnan(each.minutes)) return true;
  return false;
}

}  // namespace scangrad_tools
