#include "axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gnuplot.h"

namespace scangrad_tools {
namespace {

// The smallest and the largest number that counts.
Axis span_of(const std::vector<double>& values, bool logarithmic) {
  Axis axis{INFINITY, -INFINITY, {}};
  for (const double value : values) {
    if (!std::isfinite(value) || (logarithmic && value <= 0)) continue;
    axis.least = std::min(axis.least, value);
    axis.largest = std::max(axis.largest, value);
  }
  if (axis.least > axis.largest) return logarithmic ? Axis{1, 10, {}} : Axis{0, 1, {}};
  return axis;
}

// A single number in the middle of a range.
void widen(Axis& axis, bool logarithmic) {
  if (axis.largest > axis.least) return;
  const double room = logarithmic ? 2 : std::max(std::abs(axis.least) / 10, 1e-9);
  axis.least = logarithmic ? axis.least / room : axis.least - room;
  axis.largest = logarithmic ? axis.largest * room : axis.largest + room;
}

// The distance of marks, 1, 2 or 5 times a power of ten, at least `wanted`.
double distance(double wanted) {
  const double power = std::pow(10, std::floor(std::log10(wanted) + 1e-9));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= wanted * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

void add_linear_marks(Axis& axis, int pixels, int between) {
  const double step = distance((axis.largest - axis.least) * between / pixels);
  const auto first = static_cast<int64_t>(std::ceil(axis.least / step - 1e-9)),
             last = static_cast<int64_t>(std::floor(axis.largest / step + 1e-9));
  for (int64_t i = first; i <= last; ++i) axis.marks.push_back(static_cast<double>(i) * step);
}

// Powers of ten; between them 2 and 5 times these where there is room, and every n-th of them where there is too
// little.
void add_logarithmic_marks(Axis& axis, int pixels, int between) {
  const double low = std::log10(axis.least), high = std::log10(axis.largest);
  const double decade = pixels / std::max(high - low, 1e-9);  // in pixels
  if (high - low < 0.5) return add_linear_marks(axis, pixels, between);
  const int every = std::max(1, static_cast<int>(std::ceil(between / decade)));
  for (int power = static_cast<int>(std::floor(low)); power <= static_cast<int>(std::ceil(high)); ++power)
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double mark = factor * std::pow(10, power);
      const bool has_room = factor == 1 ? power % every == 0 : decade >= 4 * between;
      if (has_room && mark >= axis.least * (1 - 1e-9) && mark <= axis.largest * (1 + 1e-9)) axis.marks.push_back(mark);
    }
}

// If the data has only a few different numbers, such as lengths, these are the marks.
bool add_data_marks(Axis& axis, std::vector<double> values, int pixels, int between) {
  std::erase_if(values, [](double value) { return !(value > 0); });
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (values.size() < 3 || values.size() > 8) return false;
  const double scale = pixels / std::log(axis.largest / axis.least);
  for (const double value : values)
    if (axis.marks.empty() || std::log(value / axis.marks.back()) * scale >= between) axis.marks.push_back(value);
  return true;
}

}  // namespace

Axis time_axis(const std::vector<double>& values, bool logarithmic, int pixels, int between) {
  Axis axis = span_of(values, logarithmic);
  if (!logarithmic && axis.least > 0 && axis.least < 0.2 * axis.largest) axis.least = 0;
  widen(axis, logarithmic);
  if (!logarithmic)
    add_linear_marks(axis, pixels, between);
  else if (!add_data_marks(axis, values, pixels, between))
    add_logarithmic_marks(axis, pixels, between);
  return axis;
}

Axis result_axis(const std::vector<double>& values, bool logarithmic, int pixels, const Limits& limits) {
  constexpr double kRoom = 0.04;
  constexpr int kBetween = 34;  // pixels from mark to mark
  Axis axis = span_of(values, logarithmic);
  widen(axis, logarithmic);
  if (logarithmic) {
    const double room = std::pow(axis.largest / axis.least, kRoom);
    axis.least /= room;
    axis.largest *= room;
  } else {
    const double room = kRoom * (axis.largest - axis.least);
    axis.least = std::max(axis.least - room, std::min(limits.least, axis.least));
    axis.largest = std::min(axis.largest + room, std::max(limits.largest, axis.largest));
  }
  if (logarithmic)
    add_logarithmic_marks(axis, pixels, kBetween);
  else
    add_linear_marks(axis, pixels, kBetween);
  return axis;
}

std::string mark_text(double mark) {
  if (std::abs(mark) < 1e-12) return "0";
  if (std::abs(mark) >= 1e7 || mark != std::floor(mark)) return fmt::format("{:.6g}", mark);
  std::string text = fmt::format("{:.0f}", mark);
  for (auto at = static_cast<int64_t>(text.size()) - 3; at > (mark < 0 ? 1 : 0); at -= 3)
    text.insert(static_cast<size_t>(at), ",");
  return text;
}

std::string axis_command(char axis, const Axis& range, bool logarithmic, bool shows_numbers) {
  std::string marks;
  for (const double mark : range.marks)
    marks +=
        fmt::format("{}{} {}", marks.empty() ? "" : ", ", gnuplot_text(shows_numbers ? mark_text(mark) : ""), mark);
  return fmt::format("{0} logscale {1}\nset {1}range [{2}:{3}]\nset {1}tics ({4})\n", logarithmic ? "set" : "unset",
                     axis, range.least, range.largest, marks);
}

}  // namespace scangrad_tools
