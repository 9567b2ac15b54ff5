// Runs gnuplot.
#pragma once

#include <filesystem>
#include <string>

namespace scangrad_tools {

// The path of a picture without .svg or .png. Errors: no name, or the folder does not exist.
std::filesystem::path picture_path(const std::filesystem::path& out);

// A gnuplot string that shows the text unchanged. Backquotes are escaped: gnuplot runs what stands between them.
std::string gnuplot_text(const std::string& text);

// The number of letters of a text in UTF-8.
int letters(const std::string& text);

// Draws a script as NAME.svg and, 1.5 times as large, as NAME.png in a folder. An older picture is replaced only by a
// complete one. Returns an empty text on success, otherwise the reason why there is no picture.
std::string draw(const std::string& script, const std::string& folder, const std::string& name, int width, int height);

}  // namespace scangrad_tools
