// Lines in several panels with one legend.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace scangrad_tools {

struct Line {
  std::string label;  // the same label has the same colour in every panel
  std::vector<std::pair<double, double>> points;
};

struct Panel {
  std::string x, y;  // what the axes show
  std::vector<Line> lines;
};

enum class Layout {
  kGrowth,    // side by side with logarithmic axes and a mark at each point: how time, memory and rates grow
  kOverTime,  // below each other, with one axis of time
};

// Draws NAME.svg and NAME.png in the folder. Returns an empty text on success, otherwise why there is no picture.
std::string plot_panels(const std::vector<Panel>& panels, const std::string& folder, const std::string& name,
                        Layout layout = Layout::kGrowth);

}  // namespace scangrad_tools
