// The one style of all pictures: size, fonts, colours, line styles and marks.
//
// A picture is as wide as GitHub shows it, so its texts are as large as the text of a README. A hue stands for a
// network, a dash for what comes second, such as the number of layers or the traditional form of a minimal network.
#pragma once

#include <cstddef>
#include <string>

namespace scangrad_tools {

inline constexpr int kWidth = 840;             // pixels of every picture
inline constexpr int kFont = 13, kLetter = 7;  // pixels: height of the font, width of an average letter
inline constexpr const char *kInk = "#333333", *kFaint = "#777777", *kGrid = "#e4e4e4";

// The first two differ in hue and in lightness: also with colour blindness, and printed in grey. Beyond two, each hue
// has a mark of its own. The hues are those of Okabe and Ito, the first one darker.
inline constexpr const char* kColours[] = {"#0a4f8c", "#e07000", "#009e73", "#aa4499", "#56b4e9", "#6b6b6b", "#9a7b00"};
inline constexpr int kMarks[] = {7, 9, 5, 13, 11, 6, 4};  // gnuplot's point types
inline constexpr const char* kDashes[] = {"solid", "(6,3)", "(2,2.5)", "(8,3,2,3)"};

struct LineStyle {
  size_t hue = 0, dash = 0;
  bool thin = false;  // of noisy numbers in the background
  bool grey = false;  // of what is no measurement: the limits of a machine
};

// What gnuplot takes after `with lines` and `with linespoints`.
std::string line_words(const LineStyle& style);
// A translucent area in the hue.
std::string band_words(const LineStyle& style);

// minGRU and GRU have one hue, minLSTM and LSTM another; GRU and LSTM are dashed. Every other mixer has its own hue.
LineStyle style_of_mixer(const std::string& mixer);

}  // namespace scangrad_tools
