#include "panels.h"

#include <fmt/format.h>

#include <algorithm>

#include "gnuplot.h"

namespace scangrad_tools {
namespace {

// Pixels: margins of a panel with and without texts, a row of the legend, a title.
constexpr int kLeft = 72, kRight = 22, kBottom = 50, kGap = 44, kRow = 22, kTitle = 24, kTop = 8;

constexpr const char* kPanel = R"gnuplot(
unset key
set border 3 linewidth 1 linecolor rgb '#888888'
set tics nomirror scale 0.5 textcolor rgb '#333333'
set grid linetype 1 linewidth 0.6 linecolor rgb '#e4e4e4'
)gnuplot";

struct Box {
  int left, right, top, bottom;
};

class Drawing {
 public:
  explicit Drawing(const Figure& figure) : figure_(figure), columns_(std::max<size_t>(1, figure.columns)) {
    place_legend();
    place_panels();
  }

  int height() const { return height_; }

  std::string script() const {
    std::string text = data_of_all() + kPanel;
    if (!figure_.title.empty()) text += label(kLeft, kTop + kTitle / 2 - 2, "left", figure_.title);
    text += legend() + "set multiplot\n";
    for (size_t i = 0; i < figure_.panels.size(); ++i) text += panel(i) + "unset label\nunset arrow\n";
    return text + "unset multiplot\n";
  }

 private:
  struct Key {
    std::string label;
    std::string line, mark;  // gnuplot's words for the sample of a line, and for a mark on it
    int row, x;
  };

  static double across(int x) { return static_cast<double>(x) / kWidth; }
  double up(int y) const { return 1 - static_cast<double>(y) / height_; }

  std::string label(int x, int y, const char* align, const std::string& text) const {
    return fmt::format("set label {} at screen {:.4f},{:.4f} {} noenhanced textcolor rgb '{}'\n", gnuplot_text(text),
                       across(x), up(y), align, kInk);
  }

  // Fills the rows from left to right.
  void add_key(const std::string& text, const std::string& line, const std::string& mark) {
    constexpr int kSample = 64, kBetween = 22;
    const int wide = kSample + kLetter * letters(text) + kBetween;
    if (keys_.empty()) rows_ = 1;
    if (next_x_ > kLeft && next_x_ + wide - kBetween > kWidth) {
      ++rows_;
      next_x_ = kLeft;
    }
    keys_.push_back({text, line, mark, rows_ - 1, next_x_});
    next_x_ += wide;
  }

  void place_legend() {
    for (const Panel& panel : figure_.panels)
      for (const Line& line : panel.lines) {
        const auto is_it = [&](const Key& key) { return key.label == line.label; };
        if (line.label.empty() || std::any_of(keys_.begin(), keys_.end(), is_it)) continue;
        const std::string words = line_words(line.style);
        const size_t mark = words.find(" pointtype");
        add_key(line.label, words.substr(0, mark),
                line.marks ? fmt::format("point{} linecolor rgb '{}'", words.substr(mark),
                                         kColours[line.style.hue % std::size(kColours)])
                           : "");
      }
    if (!figure_.range.empty()) add_key(figure_.range, "linewidth 9 linecolor rgb '#d5d5d5'", "");
  }

  bool shares_y_with_left(size_t i) const { return i % columns_ > 0 && figure_.panels[i].y == figure_.panels[i - 1].y; }
  bool shares_x_with_below(size_t i) const {
    return i + columns_ < figure_.panels.size() && figure_.panels[i].x == figure_.panels[i + columns_].x;
  }
  // Whether any panel of the row or column needs room for texts.
  bool column_has_texts(size_t column) const {
    for (size_t i = column; i < figure_.panels.size(); i += columns_)
      if (!shares_y_with_left(i)) return true;
    return false;
  }
  bool row_has_texts(size_t row) const {
    for (size_t i = row * columns_; i < std::min((row + 1) * columns_, figure_.panels.size()); ++i)
      if (!shares_x_with_below(i)) return true;
    return false;
  }

  void place_panels() {
    int margins = kRight;
    for (size_t column = 0; column < columns_; ++column) margins += column_has_texts(column) ? kLeft : kGap;
    const int wide = (kWidth - margins) / static_cast<int>(columns_);
    const bool has_titles = std::any_of(figure_.panels.begin(), figure_.panels.end(),
                                        [](const Panel& panel) { return !panel.title.empty(); });
    int y = kTop + (figure_.title.empty() ? 0 : kTitle) + kRow * rows_ + (keys_.empty() ? 0 : 6);
    for (size_t row = 0; row * columns_ < figure_.panels.size(); ++row) {
      y += has_titles ? kTitle : 6;
      int x = 0;
      for (size_t column = 0; column < columns_; ++column) {
        x += column_has_texts(column) ? kLeft : kGap;
        boxes_.push_back({x, x + wide, y, y + figure_.height});
        x += wide;
      }
      y += figure_.height + (row_has_texts(row) ? kBottom : 16);
    }
    height_ = y;
  }

  std::string legend() const {
    const int top = kTop + (figure_.title.empty() ? 0 : kTitle);
    std::string text;
    for (const Key& key : keys_) {
      const int y = top + kRow * key.row + kRow / 2;
      text += fmt::format("set arrow from screen {0:.4f},{2:.4f} to screen {1:.4f},{2:.4f} nohead {3}\n", across(key.x),
                          across(key.x + 54), up(y), key.line);
      if (!key.mark.empty())
        text += fmt::format("set label '' at screen {:.4f},{:.4f} {}\n", across(key.x + 27), up(y), key.mark);
      text += label(key.x + 62, y, "left", key.label);
    }
    return text;
  }

  std::string data_of_all() const {
    std::string text;
    for (size_t i = 0; i < figure_.panels.size(); ++i)
      for (size_t k = 0; k < figure_.panels[i].lines.size(); ++k) {
        text += fmt::format("$data{}_{} << END\n", i, k);
        for (const auto& [x, y, low, high] : figure_.panels[i].lines[k].points)
          text += fmt::format("{} {} {} {}\n", x, y, std::isnan(low) ? y : low, std::isnan(high) ? y : high);
        text += "END\n";
      }
    return text;
  }

  // All numbers on an axis of the panels that share it.
  std::vector<double> values_of(std::string Panel::*axis, const std::string& text) const {
    const bool is_x = axis == &Panel::x;
    std::vector<double> values;
    for (const Panel& panel : figure_.panels) {
      if (panel.*axis != text) continue;
      double last = 0;
      for (const Line& line : panel.lines)
        if (!line.points.empty()) last = std::max(last, line.points.back().x);
      for (const Line& line : panel.lines)
        for (const auto& [x, y, low, high] : line.points) {
          if (!is_x && panel.settles && x < last / 20) continue;
          values.push_back(is_x ? x : y);
          if (!is_x && !std::isnan(low)) values.insert(values.end(), {low, high});
        }
    }
    return values;
  }

  std::string axes(size_t i) const {
    const Panel& panel = figure_.panels[i];
    const Box& box = boxes_[i];
    const bool shows_x = !shares_x_with_below(i), shows_y = !shares_y_with_left(i);
    const Axis x = time_axis(values_of(&Panel::x, panel.x), panel.log_x, box.right - box.left, 62),
               y = result_axis(values_of(&Panel::y, panel.y), panel.log_y, figure_.height, panel.limits);
    std::string text = axis_command('x', x, panel.log_x, shows_x) + axis_command('y', y, panel.log_y, shows_y);
    text += fmt::format("set xlabel {} offset 0,0.3 noenhanced textcolor rgb '{}'\n",
                        gnuplot_text(shows_x ? panel.x : ""), kInk);
    return text + fmt::format("set ylabel {} offset 0.5 noenhanced textcolor rgb '{}'\n",
                              gnuplot_text(shows_y ? panel.y : ""), kInk);
  }

  std::string panel(size_t i) const {
    const Panel& panel = figure_.panels[i];
    const Box& box = boxes_[i];
    std::string bands, lines;
    for (size_t k = 0; k < panel.lines.size(); ++k) {
      const Line& line = panel.lines[k];
      const std::string data = fmt::format("$data{}_{}", i, k);
      const bool has_range = std::any_of(line.points.begin(), line.points.end(),
                                         [](const Point& point) { return !std::isnan(point.low); });
      if (line.points.empty()) continue;
      if (has_range) bands += fmt::format(", {} using 1:3:4 with filledcurves {}", data, band_words(line.style));
      const size_t every = (line.points.size() + 11) / 12;  // about twelve marks
      lines += fmt::format(", {} using 1:2 with {} {}", data,
                           line.marks ? fmt::format("linespoints pointinterval {}", every) : "lines",
                           line_words(line.style));
    }
    if (lines.empty()) return "";
    std::string text = axes(i);
    if (!panel.title.empty())
      text += label((box.left + box.right) / 2, box.top - kTitle / 2 + 2, "center", panel.title);
    text += fmt::format("set lmargin at screen {:.4f}\nset rmargin at screen {:.4f}\n", across(box.left),
                        across(box.right));
    text += fmt::format("set tmargin at screen {:.4f}\nset bmargin at screen {:.4f}\n", up(box.top), up(box.bottom));
    return text + "plot " + (bands + lines).substr(2) + "\n";
  }

  const Figure& figure_;
  size_t columns_;
  std::vector<Key> keys_;
  std::vector<Box> boxes_;
  int rows_ = 0, next_x_ = kLeft, height_ = 0;
};

}  // namespace

std::string plot_figure(const Figure& figure, const std::string& folder, const std::string& name) {
  const Drawing drawing(figure);
  return draw(drawing.script(), folder, name, kWidth, drawing.height());
}

}  // namespace scangrad_tools
