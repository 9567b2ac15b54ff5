// What all pictures share: running gnuplot, colours, quoted texts.
#pragma once

#include <string>

namespace scangrad_tools {

// Colours that people with colour blindness can distinguish (Okabe and Ito).
inline constexpr const char* kColours[] = {"0072b2", "d55e00", "009e73", "cc79a7", "e69f00", "56b4e9", "555555"};

// The style of all panels.
inline constexpr const char* kPanels = R"gnuplot(
set datafile missing "NaN"
set border 3 linewidth 1 linecolor rgb "#888888"
set tics nomirror scale 0.5 textcolor rgb "#333333"
set grid linetype 1 linewidth 0.6 linecolor rgb "#e4e4e4"
unset key
)gnuplot";

// A quoted gnuplot string, without the characters that would end or change it.
std::string gnuplot_text(const std::string& text);

// Draws a script as NAME.svg and, 1.5 times as large, as NAME.png in a folder. An older picture is replaced only by a
// complete one. Returns an empty text on success, otherwise the reason why there is no picture.
std::string draw(const std::string& script, const std::string& folder, const std::string& name, int width, int height);

}  // namespace scangrad_tools
