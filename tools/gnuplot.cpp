#include "gnuplot.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace scangrad_tools {
namespace {

std::string quoted(const std::string& path) {
  std::string result = "'";
  for (const char c : path) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

}  // namespace

std::string gnuplot_text(const std::string& text) {
  std::string result = "\"";
  for (const char c : text)
    if (c != '"' && c != '\\' && c != '\n') result += c;
  return result + "\"";
}

std::string draw(const std::string& script, const std::string& folder, const std::string& name, int width, int height) {
  namespace fs = std::filesystem;
  if (std::system("command -v gnuplot >/dev/null 2>&1") != 0) return "gnuplot is not installed";
  const std::string svg = fmt::format("svg size {},{} dynamic background 'white' font 'sans,12'", width, height);
  const std::string png = fmt::format("pngcairo size {},{} font 'sans,12' fontscale 1.5 linewidth 1.5 pointscale 1.5",
                                      width * 3 / 2, height * 3 / 2);
  for (const auto& [terminal, ending] : {std::pair(svg, ".svg"), std::pair(png, ".png")}) {
    const std::string file = fmt::format("{}/{}{}", folder, name, ending), unfinished = file + ".unfinished";
    const std::string command = fmt::format("cd {} && gnuplot 2>/dev/null >{}", quoted(folder),
                                            quoted(fs::path(unfinished).filename().string()));
    std::FILE* const gnuplot = popen(command.c_str(), "w");
    if (gnuplot == nullptr) return "gnuplot did not start";
    fmt::print(gnuplot, "set terminal {}\n{}", terminal, script);
    std::error_code error;
    const bool drawn = pclose(gnuplot) == 0;
    if (drawn) fs::rename(unfinished, file, error);
    if (drawn && !error) continue;
    fs::remove(unfinished, error);
    return fmt::format("{} cannot be drawn", file);
  }
  return "";
}

}  // namespace scangrad_tools
