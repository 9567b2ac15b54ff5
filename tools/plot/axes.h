// The range of an axis, cut to the data, and the numbers on it.
#pragma once

#include <string>
#include <vector>

namespace scangrad_tools {

struct Axis {
  double least = 0, largest = 1;
  std::vector<double> marks;
};

// `values` are all the numbers that the axis shows, `pixels` its length, `between` the least distance of two marks. NaN
// and, on a logarithmic axis, numbers that are not positive do not count.
//
// A linear axis of times begins at zero where the data begins close to it.
Axis time_axis(const std::vector<double>& values, bool logarithmic, int pixels, int between);
// An axis of results has some room beyond the data. `limits`: an axis never exceeds them, such as 0 ... 100 %.
struct Limits {
  double least, largest;
};
Axis result_axis(const std::vector<double>& values, bool logarithmic, int pixels, const Limits& limits);

// 0.25, 4,096, 1e+07: as it stands on an axis.
std::string mark_text(double mark);
// A gnuplot command that sets range and marks; `axis` is x or y. Without `shows_numbers` the marks are only a grid.
std::string axis_command(char axis, const Axis& range, bool logarithmic, bool shows_numbers);

}  // namespace scangrad_tools
