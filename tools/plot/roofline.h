// A roofline: how near each case comes to what the machine allows. To the right the arithmetic time over the memory
// time, upwards the arithmetic time over the time taken, both on logarithmic axes. The roof is reached by what takes no
// longer than its floor: the larger of the two times where they can overlap, else their sum.
#pragma once

#include <string>
#include <vector>

namespace scangrad_tools {

struct RooflinePoint {
  std::string label;
  double arithmetic, memory, seconds;
};

// NAME.svg and NAME.png in the folder. Returns an empty text where it worked; else why there is no picture.
std::string plot_roofline(const std::vector<RooflinePoint>& points, bool overlap, const std::string& folder,
                          const std::string& name);

}  // namespace scangrad_tools
