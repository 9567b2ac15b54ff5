// Numbers over steps as colours: time runs along x, under it what was read at each step; long texts go on in lines
// below each other.
#pragma once

#include <string>
#include <vector>

namespace scangrad_tools {

inline constexpr size_t kMostSteps = 800;  // that can still be read on one picture

struct HeatMap {
  std::string title, unit, y;             // above, beside the colours, beside the rows
  std::vector<std::string> steps;         // labels, one for each column
  std::vector<std::string> names;         // of the rows; none where there are many
  std::vector<std::vector<double>> rows;  // the first one comes to lie at the bottom
  double least = 0, largest = 1;          // what the colours span
  bool logarithmic = false;               // the colours go by powers
};

// NAME.svg and NAME.png in the folder. Returns an empty text where it worked; else why there is no picture.
std::string plot_heat_map(const HeatMap& map, const std::string& folder, const std::string& name);

}  // namespace scangrad_tools
