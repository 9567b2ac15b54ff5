// A roofline plot: how close each case is to the limits of the machine. Both axes are logarithmic.
//
//   x = arithmetic time / memory time        y = arithmetic time / measured time
//
// A case on the roof takes only its least time: the larger of arithmetic and memory time if they can overlap, otherwise
// their sum.
#pragma once

#include <string>
#include <vector>

namespace scangrad_tools {

struct RooflinePoint {
  std::string label;
  double arithmetic, memory, seconds;
};

// Draws NAME.svg and NAME.png in the folder. Returns an empty text on success, otherwise why there is no picture.
std::string plot_roofline(const std::vector<RooflinePoint>& points, bool overlap, const std::string& folder,
                          const std::string& name);

}  // namespace scangrad_tools
