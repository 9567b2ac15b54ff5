#include "roofline.h"

#include <algorithm>

#include "panels.h"

namespace scangrad_tools {

std::string plot_roofline(const std::vector<RooflinePoint>& points, bool overlap, const std::string& folder,
                          const std::string& name) {
  double left = 0.5, right = 2;
  Panel panel{.x = "arithmetic time / memory time",
              .y = "arithmetic time / time taken",
              .lines = {},
              .log_x = true,
              .log_y = true};
  for (const RooflinePoint& point : points) {
    if (point.arithmetic <= 0 || point.memory <= 0) continue;  // impossible on logarithmic axes
    const double x = point.arithmetic / point.memory;
    left = std::min(left, x / 2);
    right = std::max(right, x * 2);
    panel.lines.push_back({point.label, {{x, point.arithmetic / point.seconds}}, {.hue = panel.lines.size()}});
  }
  Line roof{"the machine's limits", {}, {.grey = true}, /*marks=*/false};
  for (int i = 0; i <= 200; ++i) {
    const double x = left * std::pow(right / left, i / 200.0);
    roof.points.push_back({x, overlap ? std::min(x, 1.0) : x / (1 + x)});
  }
  panel.lines.push_back(roof);
  return plot_figure({.panels = {panel}, .height = 300}, folder, name);
}

}  // namespace scangrad_tools
