// Lines in panels with one legend: the form of all pictures but those of gates.
//
//   Figure figure{.columns = 2};
//   figure.panels.push_back({.x = "training steps", .y = "loss", .lines = {{"mingru", {{100, 2.5}, {200, 1.9}}}}});
//   const std::string problem = plot_figure(figure, "runs", "compared");       // runs/compared.svg runs/compared.png
//
// Axes are cut to the data. Panels with the same text on an axis have the same range on it, and show its numbers once
// in a row or a column.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "axes.h"
#include "style.h"

namespace scangrad_tools {

struct Point {
  double x, y;
  double low = NAN, high = NAN;  // the range of which y is the mean; NaN: there is none
};

struct Line {
  std::string label;  // in the legend, once for all panels; empty: not in the legend
  std::vector<Point> points;
  LineStyle style = {};
  bool marks = true;  // at some of the points
};

struct Panel {
  std::string title = {}, x, y;  // above the panel, and what the axes show
  std::vector<Line> lines;
  bool log_x = false, log_y = false;
  bool settles = false;                   // the first twentieth of x does not stretch the y axis
  Limits limits = {-INFINITY, INFINITY};  // of the y axis
};

struct Figure {
  std::string title = {};  // above everything
  std::string range = {};  // in the legend: what the ranges of points are
  std::vector<Panel> panels = {};
  size_t columns = 1;
  int height = 260;  // of a panel, in pixels
};

// Draws NAME.svg and NAME.png in the folder. Returns an empty text on success, otherwise why there is no picture.
std::string plot_figure(const Figure& figure, const std::string& folder, const std::string& name);

}  // namespace scangrad_tools
