#include "heat_map.h"

#include <fmt/format.h>

#include <algorithm>

#include "gnuplot.h"
#include "style.h"

namespace scangrad_tools {
namespace {

// Pixels: left, right and top margins; height of the axis of a line; width of the colour scale and of a step at most.
constexpr int kLeft = 84, kRight = 24, kTop = 66, kAxis = 34, kScale = 130, kWidest = 60;
constexpr size_t kSteps = 73;         // at most in a line: each has ten pixels
constexpr size_t kMostCells = 5'000;  // are drawn as rectangles; more of them as an image, which viewers blur

// From dark to light, so that it can be read in grey and with colour blindness (viridis of Smith and van der Walt).
constexpr const char* kPalette =
    "set palette defined (0 '#440154', 1 '#472d7b', 2 '#3b528b', 3 '#2c728e', 4 '#21918c', 5 '#28ae80', 6 '#5ec962', "
    "7 '#addc30', 8 '#fde725')\n";

class HeatMapDrawing {
 public:
  explicit HeatMapDrawing(const HeatMap& map) : map_(map) {
    const size_t lines = (map.steps.size() + kSteps - 1) / kSteps;
    columns_ = (map.steps.size() + lines - 1) / lines;
    lines_ = static_cast<int>(lines);
    step_ = std::min(kWidest, (kWidth - kLeft - kRight) / static_cast<int>(columns_));
    height_of_line_ = map.names.empty() ? 240 : 34 * static_cast<int>(map.rows.size());
  }
  int height() const { return kTop + lines_ * (height_of_line_ + kAxis); }

  std::string script() const {
    std::string text = fmt::format("unset key\nset tics scale 0 noenhanced textcolor rgb '{}'\n", kInk);
    text += "set border linewidth 0.6 linecolor rgb '#888888'\n";
    text += kPalette;
    text +=
        fmt::format("set cbrange [{}:{}]\n{}", map_.least, map_.largest, map_.logarithmic ? "set logscale cb\n" : "");
    text += label(kLeft, 16, "left", map_.title) + scale() + row_axis();
    text += "set multiplot\n";
    for (int line = 0; line < lines_; ++line) text += line_of(line);
    return text + "unset multiplot\n";
  }

 private:
  static double across(int x) { return static_cast<double>(x) / kWidth; }
  double down(int y) const { return static_cast<double>(y) / height(); }

  std::string label(int x, int y, const char* align, const std::string& text) const {
    return fmt::format("set label {} at screen {:.4f},{:.4f} {} noenhanced\n", gnuplot_text(text), across(x),
                       1 - down(y), align);
  }

  // The colour scale, below the title.
  std::string scale() const {
    constexpr int kBegin = kLeft + 20, kEnd = kBegin + kScale, kMiddle = 42;
    return fmt::format(
               "unset cbtics\nset colorbox horizontal user origin screen {:.4f},{:.4f} size screen {:.4f},{:.4f}\n",
               across(kBegin), 1 - down(kMiddle + 5), across(kScale), down(10)) +
           label(kBegin - 6, kMiddle, "right", fmt::format("{:g}", map_.least)) +
           label(kEnd + 6, kMiddle, "left", fmt::format("{:g}   {}", map_.largest, map_.unit));
  }

  std::string row_axis() const {
    const size_t rows = map_.rows.size();
    std::string text = fmt::format("set yrange [-0.5:{}]\nset ylabel {} offset 0.5 noenhanced\n",
                                   static_cast<double>(rows) - 0.5, gnuplot_text(map_.y));
    if (map_.names.empty()) return text + "unset ytics\n";
    std::string marks;
    for (size_t row = 0; row < rows; ++row)
      marks += fmt::format("{}{} {}", row == 0 ? "" : ", ", gnuplot_text(map_.names[row]), row);
    return text + fmt::format("set ytics ({})\n", marks);
  }

  // If labels are wider than a step, only some of the steps have a label.
  std::string step_axis(size_t first, size_t last) const {
    int widest = 1;
    for (size_t step = first; step < last; ++step) widest = std::max(widest, letters(map_.steps[step]));
    const auto stride = static_cast<size_t>(widest <= 2 ? 1 : (kLetter * widest + 24) / step_ + 1);
    std::string marks;
    for (size_t step = first; step < last; step += stride)
      marks += fmt::format("{}{} {}", step == first ? "" : ", ", gnuplot_text(map_.steps[step]), step - first);
    return fmt::format("set xtics ({}) offset 0,0.4\n", marks);
  }

  // Steps first ... last - 1 of every row. gnuplot needs at least two rows and two steps: a single one is repeated
  // outside of the range of the axes.
  std::string matrix(size_t first, size_t last) const {
    std::string text;
    for (size_t i = 0; i < std::max<size_t>(map_.rows.size(), 2); ++i) {
      const std::vector<double>& row = map_.rows[std::min(i, map_.rows.size() - 1)];
      for (size_t step = first; step < std::max(last, first + 2); ++step)
        text += fmt::format("{:.4g} ", row[std::min(step, last - 1)]);
      text += "\n";
    }
    return text;
  }

  std::string line_of(int line) const {
    const size_t first = static_cast<size_t>(line) * columns_, last = std::min(first + columns_, map_.steps.size());
    std::string text = fmt::format("$line{} << END\n{}END\n", line, matrix(first, last)) + step_axis(first, last);
    const int top = kTop + line * (height_of_line_ + kAxis), right = kLeft + step_ * static_cast<int>(last - first);
    text += fmt::format("set lmargin at screen {:.4f}\nset rmargin at screen {:.4f}\n", across(kLeft), across(right));
    text += fmt::format("set tmargin at screen {:.4f}\nset bmargin at screen {:.4f}\n", 1 - down(top),
                        1 - down(top + height_of_line_));
    text += fmt::format("set xrange [-0.5:{}]\n", static_cast<double>(last - first) - 0.5);
    if (line > 0) text += "unset colorbox\nunset label\n";
    const bool is_small = map_.rows.size() * map_.steps.size() <= kMostCells;
    return text + fmt::format("plot $line{} matrix with image{}\n", line, is_small ? " pixels" : "");
  }

  const HeatMap& map_;
  size_t columns_;
  int lines_, step_, height_of_line_;
};

}  // namespace

std::string plot_heat_map(const HeatMap& map, const std::string& folder, const std::string& name) {
  const HeatMapDrawing drawing(map);
  return draw(drawing.script(), folder, name, kWidth, drawing.height());
}

}  // namespace scangrad_tools
