#include "plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "../../core/check.h"
#include "../../models/tasks/table.h"
#include "gnuplot.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

// Columns of metrics.csv: 1 step, 2 loss, 3 accuracy, 4 val_loss, 5 val_accuracy.
constexpr const char* kCurve = R"gnuplot(
set datafile separator ","
set datafile missing ""
set xlabel "training step"
set ylabel {loss}
set logscale y
set format y "10^{{%T}}"
set grid x y2 linecolor rgb "#dddddd"
set border 11 linecolor rgb "#888888"
set key outside bottom center horizontal
set title {title} noenhanced
{accuracy_axis}plot "metrics.csv" using 1:2 with lines linewidth 1 linecolor rgb "#9ec5e8" title "training loss", \
  "" using 1:4 with linespoints linewidth 2 pointtype 7 pointsize 0.5 linecolor rgb "#1f77b4" title "validation loss"{accuracy}
)gnuplot";
constexpr const char* kAccuracyAxis = R"gnuplot(set y2label "accuracy (%)"
set y2range [0:100]
set y2tics 20
set ytics nomirror
)gnuplot";
constexpr const char* kAccuracy = R"gnuplot(, \
  "" using 1:(100*$3) axes x1y2 with lines linewidth 1 linecolor rgb "#f5c396" title "training accuracy", \
  "" using 1:(100*$5) axes x1y2 with linespoints linewidth 2 pointtype 7 pointsize 0.5 linecolor rgb "#d95f02" title "validation accuracy")gnuplot";

struct Point {
  double steps, minutes, value;
};

std::vector<Point> points(const Curve& curve, Measure measure, bool validation) {
  const auto member = measure == Measure::kLoss ? (validation ? &MetricsRow::val_loss : &MetricsRow::loss)
                                                : (validation ? &MetricsRow::val_accuracy : &MetricsRow::accuracy);
  std::vector<Point> result;
  for (const MetricsRow& row : curve.rows) {
    if (!(row.*member).has_value() || !std::isfinite(*(row.*member))) continue;
    const double minutes = row.seconds ? *row.seconds / 60 : std::numeric_limits<double>::quiet_NaN();
    result.push_back({static_cast<double>(row.step), minutes, *(row.*member) * (measure == Measure::kLoss ? 1 : 100)});
  }
  return result;
}

// The gnuplot script for several runs: numbers, legend and plot commands. Sizes are in pixels.
class Figure {
 public:
  Figure(const std::vector<Curve>& curves, Measure measure, const std::string& task)
      : measure_(measure), loss_(loss_axis(task, has_accuracy(curves))) {
    for (const bool validation : {false, true})  // validation is drawn on top
      for (size_t i = 0; i < curves.size(); ++i) add_line(points(curves[i], measure, validation), i, validation);
    std::vector<Key> keys;
    for (size_t i = 0; i < curves.size(); ++i)
      keys.push_back({curves[i].label, fmt::format("linewidth 3 linecolor rgb \"#{}\"{}", colour(i), dashes(i))});
    if (has_[0] && has_[1]) {
      keys.push_back({"validation", "linewidth 2.2 linecolor rgb \"#777777\""});
      keys.push_back({"training", "linewidth 1 linecolor rgb \"#999999\""});
    }
    place_legend(keys);
  }

  int width() const { return has_times() ? 1000 : 600; }
  int height() const { return 400 + kRow * rows_; }

  std::string script() const {
    const bool thousands = last_step_ >= 10'000;
    std::string text = numbers_ + kPanels + "set xrange [0:*]\nset autoscale xfixmax\n" + legend();
    text += fmt::format("set multiplot layout 1,{} margins {:.4f},{:.4f},{:.4f},{:.4f} spacing 0.04\n",
                        has_times() ? 2 : 1, across(kLeft), 1 - across(25), 58.0 / height(), 1 - down(rows_));
    text += y_axis();
    text += fmt::format("steps(x) = x / {}\nset xlabel \"{}\"\nplot {}\n", thousands ? 1000 : 1,
                        thousands ? "training steps (thousands)" : "training steps", against_steps_);
    // The second panel has the same y axis as the first one, so it has no numbers on it.
    if (has_times())
      text += fmt::format(
          "unset label\nunset arrow\nunset ylabel\nset format y \"\"\n"
          "set xlabel \"wall-clock time (minutes)\"\nplot {}\n",
          against_time_);
    return text + "unset multiplot\n";
  }

 private:
  struct Key {
    std::string label, line;
    int row = 0, x = 0;
  };
  static constexpr int kRow = 22, kLeft = 75;  // height of a row of the legend; left margin

  static const char* colour(size_t run) { return kColours[run % std::size(kColours)]; }
  static bool has_accuracy(const std::vector<Curve>& curves) {
    return std::any_of(curves.begin(), curves.end(),
                       [](const Curve& curve) { return has_values(curve, Measure::kAccuracy); });
  }
  static const char* dashes(size_t run) { return run < std::size(kColours) ? "" : " dashtype 2"; }
  bool has_times() const { return !against_time_.empty(); }
  double across(int x) const { return static_cast<double>(x) / width(); }
  double down(int row) const { return (14.0 + kRow * row) / height(); }

  void add_line(const std::vector<Point>& line, size_t run, bool validation) {
    if (line.empty()) return;
    has_[validation] = true;
    const std::string data = fmt::format("${}{}", validation ? "validation" : "training", run);
    numbers_ += data + " << END\n";
    bool has_time = false;
    for (const auto& [steps, minutes, value] : line) {
      numbers_ += fmt::format("{} {} {}\n", steps, std::isnan(minutes) ? "NaN" : fmt::format("{}", minutes), value);
      has_time = has_time || !std::isnan(minutes);
      last_step_ = std::max(last_step_, steps);
      largest_ = std::max(largest_, value);
      smallest_ = std::min(smallest_, value);
    }
    numbers_ += "END\n";
    // The first byte of a colour is its transparency. Training is noisy, so its lines are lighter.
    const char* const with = validation && line.size() <= 40 ? "linespoints pointtype 7 pointsize 0.4" : "lines";
    const std::string style = fmt::format("with {} linewidth {} linecolor rgb \"#{}{}\"{}", with, validation ? 2.2 : 1,
                                          validation ? "00" : "80", colour(run), dashes(run));
    const auto add = [&](std::string& panel, const char* x) {
      panel += fmt::format("{}{} using ({}):3 {}", panel.empty() ? "" : ", \\\n  ", data, x, style);
    };
    add(against_steps_, "steps($1)");
    if (has_time) add(against_time_, "$2");
  }

  // Fills the rows from left to right. gnuplot's own legend cannot be wider than one panel.
  void place_legend(const std::vector<Key>& keys) {
    int x = kLeft;
    for (Key key : keys) {
      const int wide = 62 + 17 * static_cast<int>(key.label.size()) / 2;  // a letter has 8 to 9 pixels
      if (x > kLeft && x + wide > width()) {
        ++rows_;
        x = kLeft;
      }
      key.row = rows_ - 1;
      key.x = x;
      keys_.push_back(key);
      x += wide;
    }
  }

  std::string legend() const {
    std::string text;
    for (const auto& [label, line, row, x] : keys_) {
      const double y = 1 - down(row) - 4.0 / height();
      text += fmt::format("set arrow from screen {:.4f},{:.4f} to screen {:.4f},{:.4f} nohead {}\n", across(x), y,
                          across(x + 26), y, line);
      text += fmt::format("set label {} at screen {:.4f},{:.4f} left noenhanced textcolor rgb \"#222222\"\n",
                          gnuplot_text(label), across(x + 33), y);
    }
    return text;
  }

  // The axis is logarithmic if the loss falls by more than a factor of ten.
  std::string y_axis() const {
    if (measure_ == Measure::kAccuracy) return "set ylabel \"accuracy (%)\" offset 0.7\nset yrange [0:101]\n";
    const bool is_log = smallest_ > 0 && largest_ > 10 * smallest_;
    const double room = is_log ? 1.25 : 0.05 * std::max(largest_ - smallest_, 1e-9);
    return fmt::format("set ylabel {} offset 0.7\nset format y \"%g\"\n{}set yrange [{}:{}]\n", gnuplot_text(loss_),
                       is_log ? "set logscale y\n" : "", is_log ? smallest_ / room : smallest_ - room,
                       is_log ? largest_ * room : largest_ + room);
  }

  Measure measure_;
  std::string loss_, numbers_, against_steps_, against_time_;
  std::vector<Key> keys_;
  bool has_[2] = {};  // lines of training, lines of validation
  int rows_ = 1;      // of the legend
  double last_step_ = 0, largest_ = 0, smallest_ = std::numeric_limits<double>::infinity();
};

}  // namespace

std::filesystem::path picture_path(const std::filesystem::path& out) {
  std::filesystem::path name = out.lexically_normal();
  if (name.extension() == ".svg" || name.extension() == ".png") name.replace_extension();
  const std::filesystem::path folder = name.has_parent_path() ? name.parent_path() : ".";
  check(!name.filename().empty() && std::filesystem::is_directory(folder),
        "scangrad: --out is '{}', but the name of a picture in a folder that exists is needed", out.string());
  return name;
}

std::string loss_axis(const std::string& task, bool has_accuracy) {
  const TaskRow* const row = find_task(task);
  if (row == nullptr) return "loss";
  return has_accuracy || row->loss_label_of_numbers.empty() ? row->loss_label : row->loss_label_of_numbers;
}

std::string plot_run(const std::string& folder, const std::string& task, const std::string& title) try {
  const std::vector<MetricsRow> rows = read_metrics(folder);
  if (rows.empty()) return folder + "/metrics.csv holds no line yet";
  const bool has_accuracy = has_values({title, rows}, Measure::kAccuracy);
  const std::string script = fmt::format(fmt::runtime(kCurve), fmt::arg("title", gnuplot_text(title)),
                                         fmt::arg("loss", gnuplot_text(loss_axis(task, has_accuracy))),
                                         fmt::arg("accuracy_axis", has_accuracy ? kAccuracyAxis : ""),
                                         fmt::arg("accuracy", has_accuracy ? kAccuracy : ""));
  return draw(script, folder, "curve", 800, 500);
} catch (const Error& error) {
  return error.what();
}

std::string plot_runs(const std::vector<Curve>& curves, Measure measure, const std::string& task,
                      const std::string& folder, const std::string& name) {
  const Figure figure(curves, measure, task);
  return draw(figure.script(), folder, name, figure.width(), figure.height());
}

bool has_values(const Curve& curve, Measure measure) {
  return !points(curve, measure, false).empty() || !points(curve, measure, true).empty();
}

bool has_times(const Curve& curve, Measure measure) {
  for (const bool validation : {false, true})
    for (const Point& point : points(curve, measure, validation))
      if (!std::isnan(point.minutes)) return true;
  return false;
}

}  // namespace scangrad_tools
