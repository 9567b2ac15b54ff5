#include "style.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "../../nn/mixer.h"

namespace scangrad_tools {

std::string line_words(const LineStyle& style) {
  const size_t hue = style.hue % std::size(kColours), dash = style.dash + style.hue / std::size(kColours);
  // gnuplot's SVG loses a dash if the line before it was solid and had the same colour and the same width.
  const double width = (style.thin ? 1.0 : 2.2) + 0.01 * static_cast<double>(dash);
  return fmt::format("linewidth {} linecolor rgb '{}' dashtype {} pointtype {} pointsize 0.75", width,
                     style.grey ? kFaint : kColours[hue], kDashes[dash % std::size(kDashes)],
                     kMarks[(style.hue + style.hue / std::size(kColours)) % std::size(kMarks)]);
}

std::string band_words(const LineStyle& style) {
  return fmt::format("fillcolor rgb '{}' fillstyle transparent solid 0.18 noborder",
                     kColours[style.hue % std::size(kColours)]);
}

LineStyle style_of_mixer(const std::string& mixer) {
  std::vector<std::string> families;  // the name of the traditional network, or the only one
  const auto family_of = [](const std::string& name) {
    const std::string& other = scangrad::mixer_row(name).minimal_form_of;
    return other.empty() ? name : other;
  };
  bool has_minimal_form = false;
  for (const std::string& name : scangrad::mixer_names()) {
    const std::string family = family_of(name);
    if (std::find(families.begin(), families.end(), family) == families.end()) families.push_back(family);
    has_minimal_form = has_minimal_form || (name != mixer && family == mixer);
  }
  const auto at = std::find(families.begin(), families.end(), family_of(mixer));
  return {.hue = static_cast<size_t>(at - families.begin()), .dash = has_minimal_form ? size_t{1} : size_t{0}};
}

}  // namespace scangrad_tools
