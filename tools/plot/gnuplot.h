// What every picture shares: gnuplot is started, colours are told apart, texts are quoted.
#pragma once

#include <string>

namespace scangrad_tools {

// Told apart by people who see colours differently, too (Okabe and Ito).
inline constexpr const char* kColours[] = {"0072b2", "d55e00", "009e73", "cc79a7", "e69f00", "56b4e9", "555555"};

// What the panels of a picture have in common.
inline constexpr const char* kPanels = R"gnuplot(
set datafile missing "NaN"
set border 3 linewidth 1 linecolor rgb "#888888"
set tics nomirror scale 0.5 textcolor rgb "#333333"
set grid linetype 1 linewidth 0.6 linecolor rgb "#e4e4e4"
unset key
)gnuplot";

// A gnuplot string with nothing in it that ends or changes it.
std::string gnuplot_text(const std::string& text);

// Runs a script for NAME.svg and NAME.png in a folder, the latter half as large again. A picture that was there before
// stays until the new one is whole. Returns an empty text where it worked; else why there is no picture.
std::string draw(const std::string& script, const std::string& folder, const std::string& name, int width, int height);

}  // namespace scangrad_tools
