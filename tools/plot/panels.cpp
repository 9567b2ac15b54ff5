#include "panels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gnuplot.h"

namespace scangrad_tools {
namespace {

constexpr int kRow = 22, kLeft = 88, kBottom = 58;  // pixels: rows of the legend, margins

std::vector<std::string> labels_of(const std::vector<Panel>& panels) {
  std::vector<std::string> labels;
  for (const Panel& panel : panels)
    for (const Line& line : panel.lines)
      if (std::find(labels.begin(), labels.end(), line.label) == labels.end()) labels.push_back(line.label);
  return labels;
}

const char* colour(size_t label) {
  return kColours[label % std::size(kColours)];
}

std::string style(size_t label) {
  return fmt::format("linewidth 2.2 pointtype 7 pointsize 0.5 linecolor rgb \"#{}\"{}", colour(label),
                     label < std::size(kColours) ? "" : " dashtype 2");
}

// About four marks on an axis, at 1, 2 or 5 times a power of ten.
double distance_of_marks(const Panel& panel) {
  double least = INFINITY, largest = -INFINITY;
  for (const Line& line : panel.lines) {
    for (const auto& [x, y] : line.points) {
      least = std::min(least, y);
      largest = std::max(largest, y);
    }
  }
  const double wanted = largest > least ? (largest - least) / 4 : 1;
  const double power = std::pow(10, std::floor(std::log10(wanted)));
  return power * (wanted <= power ? 1 : wanted <= 2 * power ? 2 : wanted <= 5 * power ? 5 : 10);
}

std::string legend_of(const std::vector<std::string>& labels, int width, int height) {
  std::string legend;
  double x = kLeft;
  for (size_t i = 0; i < labels.size(); ++i) {
    const double at = x / width, y = 1 - 20.0 / height;
    legend += fmt::format("set arrow from screen {:.4f},{:.4f} to screen {:.4f},{:.4f} nohead {}\n", at, y,
                          at + 24.0 / width, y, fmt::format("linewidth 3 linecolor rgb \"#{}\"", colour(i)));
    legend += fmt::format("set label {} at screen {:.4f},{:.4f} left noenhanced\n", gnuplot_text(labels[i]),
                          at + 30.0 / width, y);
    x += 60 + 8.5 * static_cast<double>(labels[i].size());
  }
  return legend;
}

}  // namespace

std::string plot_panels(const std::vector<Panel>& panels, const std::string& folder, const std::string& name,
                        Layout layout) {
  const bool is_growth = layout == Layout::kGrowth;
  const std::vector<std::string> labels = labels_of(panels);
  const int count = static_cast<int>(panels.size());
  const int width = is_growth ? 420 * count : 900,
            height = is_growth ? 380 + 2 * kRow : 160 * count + 2 * kRow + kBottom;
  std::string numbers, plots;
  for (size_t p = 0; p < panels.size(); ++p) {
    std::string lines;
    for (const Line& line : panels[p].lines) {
      if (line.points.empty()) continue;
      const auto label = static_cast<size_t>(std::find(labels.begin(), labels.end(), line.label) - labels.begin());
      const std::string data = fmt::format("$panel{}_{}", p, label);
      numbers += data + " << END\n";
      for (const auto& [px, py] : line.points) numbers += fmt::format("{} {}\n", px, py);
      numbers += "END\n";
      lines += fmt::format("{}{} using 1:2 with {} {}", lines.empty() ? "" : ", \\\n  ", data,
                           is_growth ? "linespoints" : "lines", style(label));
    }
    if (lines.empty()) continue;
    if (!is_growth) plots += fmt::format("set ytics {}\n", distance_of_marks(panels[p]));
    // Of panels below each other only the last one has labels on the axis of time.
    const bool shows_x = is_growth || p + 1 == panels.size();
    plots +=
        fmt::format("set format x \"{}\"\nset xlabel {}\nset ylabel {} offset 0.5 noenhanced\nplot {}\n",
                    shows_x ? "%g" : "", gnuplot_text(shows_x ? panels[p].x : ""), gnuplot_text(panels[p].y), lines);
    plots += "unset label\nunset arrow\n";
  }
  const double left = double(kLeft) / width, bottom = double(kBottom) / height;
  const std::string script = fmt::format(
      "{}{}{}{}set autoscale xfix\nset format y \"%g\"\n"
      "set multiplot layout {} margins {:.4f},{:.4f},{:.4f},{:.4f} spacing {}\n{}unset multiplot\n",
      numbers, kPanels, legend_of(labels, width, height),
      is_growth ? "set logscale xy\n" : "set offsets graph 0, graph 0, graph 0.08, graph 0.08\n",
      is_growth ? fmt::format("1,{}", count) : fmt::format("{},1", count), left, 1 - 30.0 / width, bottom,
      1 - 2.0 * kRow / height,
      is_growth ? fmt::format("{:.4f}", left) : fmt::format("{:.4f},{:.4f}", 0.0, 22.0 / height), plots);
  return draw(script, folder, name, width, height);
}

}  // namespace scangrad_tools
