// Numbers over time as colours: one column per step, with a label below it, and one row per quantity. Long sequences
// are drawn in several lines.
#pragma once

#include <string>
#include <vector>

namespace scangrad_tools {

inline constexpr size_t kMostSteps = 800;  // more cannot be read in one picture

struct HeatMap {
  std::string title, unit, y;             // text above the picture, next to the colour scale, next to the rows
  std::vector<std::string> steps;         // labels, one for each column
  std::vector<std::string> names;         // of the rows; empty if there are many
  std::vector<std::vector<double>> rows;  // the first one is at the bottom
  double least = 0, largest = 1;          // range of the colours
  bool logarithmic = false;               // a logarithmic colour scale
};

// Draws NAME.svg and NAME.png in the folder. Returns an empty text on success, otherwise why there is no picture.
std::string plot_heat_map(const HeatMap& map, const std::string& folder, const std::string& name);

}  // namespace scangrad_tools
