// Draws a run's learning curve with gnuplot: curve.svg and curve.png in its folder, from metrics.csv.
#pragma once

#include <string>

namespace scangrad_tools {

// Empty where it worked; else why there is no picture, in a few words.
std::string plot_run(const std::string& folder, const std::string& title);

}  // namespace scangrad_tools
