#include "panels.h"

#include <fmt/format.h>

#include <algorithm>

#include "gnuplot.h"

namespace scangrad_tools {
namespace {

constexpr int kWidth = 420, kHeight = 380, kRow = 22, kLeft = 88;  // pixels of a panel; of the legend's rows

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

}  // namespace

std::string plot_panels(const std::vector<Panel>& panels, const std::string& folder, const std::string& name) {
  const std::vector<std::string> labels = labels_of(panels);
  const int width = kWidth * static_cast<int>(panels.size()), height = kHeight + 2 * kRow;
  std::string numbers, legend, plots;
  double x = kLeft;
  for (size_t i = 0; i < labels.size(); ++i) {
    const double at = x / width, y = 1 - 20.0 / height;
    legend += fmt::format("set arrow from screen {:.4f},{:.4f} to screen {:.4f},{:.4f} nohead {}\n", at, y,
                          at + 24.0 / width, y, fmt::format("linewidth 3 linecolor rgb \"#{}\"", colour(i)));
    legend += fmt::format("set label {} at screen {:.4f},{:.4f} left noenhanced\n", gnuplot_text(labels[i]),
                          at + 30.0 / width, y);
    x += 60 + 8.5 * static_cast<double>(labels[i].size());
  }
  for (size_t p = 0; p < panels.size(); ++p) {
    std::string lines;
    for (const Line& line : panels[p].lines) {
      if (line.points.empty()) continue;
      const auto label = static_cast<size_t>(std::find(labels.begin(), labels.end(), line.label) - labels.begin());
      const std::string data = fmt::format("$panel{}_{}", p, label);
      numbers += data + " << END\n";
      for (const auto& [px, py] : line.points) numbers += fmt::format("{} {}\n", px, py);
      numbers += "END\n";
      lines += fmt::format("{}{} using 1:2 with linespoints {}", lines.empty() ? "" : ", \\\n  ", data, style(label));
    }
    if (lines.empty()) continue;
    plots += fmt::format("set xlabel {}\nset ylabel {} offset 0.5\nplot {}\nunset label\nunset arrow\n",
                         gnuplot_text(panels[p].x), gnuplot_text(panels[p].y), lines);
  }
  const std::string script = fmt::format(
      "{}{}{}set logscale xy\nset autoscale xfix\nset format y \"%g\"\n"
      "set multiplot layout 1,{} margins {:.4f},{:.4f},{:.4f},{:.4f} spacing {:.4f}\n{}unset multiplot\n",
      numbers, kPanels, legend, panels.size(), double(kLeft) / width, 1 - 30.0 / width, 58.0 / height,
      1 - 2.0 * kRow / height, double(kLeft) / width, plots);
  return draw(script, folder, name, width, height);
}

}  // namespace scangrad_tools
