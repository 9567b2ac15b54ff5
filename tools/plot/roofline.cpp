#include "roofline.h"

#include <fmt/format.h>

#include <algorithm>

#include "gnuplot.h"

namespace scangrad_tools {

std::string plot_roofline(const std::vector<RooflinePoint>& points, bool overlap, const std::string& folder,
                          const std::string& name) {
  double left = 0.5, right = 2;
  std::string numbers, plots;
  for (size_t i = 0; i < points.size(); ++i) {
    const RooflinePoint& point = points[i];
    if (point.arithmetic <= 0 || point.memory <= 0) continue;  // impossible on logarithmic axes
    const double x = point.arithmetic / point.memory;
    left = std::min(left, x / 2);
    right = std::max(right, x * 2);
    numbers += fmt::format("$case{} << END\n{} {}\nEND\n", i, x, point.arithmetic / point.seconds);
    plots += fmt::format(", \\\n  $case{} with points pointtype {} pointsize 1.1 linecolor rgb \"#{}\" title {}", i,
                         i < std::size(kColours) ? 7 : 5, kColours[i % std::size(kColours)], gnuplot_text(point.label));
  }
  const std::string script = fmt::format(
      "{}{}set logscale xy\nset key outside right top vertical Left reverse noenhanced\nset format y \"%g\"\n"
      "set xlabel \"arithmetic time / memory time\"\nset ylabel \"arithmetic time / time taken\"\n"
      "set xrange [{}:{}]\nset yrange [*:1.2]\nset samples 200\n"
      "plot {} with lines linewidth 2 linecolor rgb \"#888888\" title \"the machine's limits\"{}\n",
      numbers, kPanels, left, right, overlap ? "(x < 1 ? x : 1)" : "x / (1 + x)", plots);
  return draw(script, folder, name, 760, 400);
}

}  // namespace scangrad_tools
