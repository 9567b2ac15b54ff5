#include "plot.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace scangrad_tools {
namespace {

// Columns of metrics.csv: 1 step, 2 loss, 3 accuracy, 4 val_loss, 5 val_accuracy.
constexpr const char* kCurve = R"gnuplot(
set datafile separator ","
set datafile missing ""
set xlabel "training step"
set ylabel "loss (nats per token)"
set logscale y
set format y "10^{{%T}}"
set y2label "accuracy (%)"
set y2range [0:100]
set y2tics 20
set ytics nomirror
set grid x y2 linecolor rgb "#dddddd"
set border 11 linecolor rgb "#888888"
set key outside bottom center horizontal
set title "{title}" noenhanced
plot "metrics.csv" using 1:2 with lines linewidth 1 linecolor rgb "#9ec5e8" title "training loss", \
  "" using 1:4 with linespoints linewidth 2 pointtype 7 pointsize 0.5 linecolor rgb "#1f77b4" title "validation loss", \
  "" using 1:(100*$3) axes x1y2 with lines linewidth 1 linecolor rgb "#f5c396" title "training accuracy", \
  "" using 1:(100*$5) axes x1y2 with linespoints linewidth 2 pointtype 7 pointsize 0.5 linecolor rgb "#d95f02" title "validation accuracy"
)gnuplot";

std::string quoted(const std::string& path) {
  std::string result = "'";
  for (const char c : path) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

}  // namespace

std::string plot_run(const std::string& folder, const std::string& title) {
  if (std::system("command -v gnuplot >/dev/null 2>&1") != 0) return "gnuplot is not installed";
  std::string safe;
  for (const char c : title)
    if (c != '"' && c != '\\' && c != '\n') safe += c;
  const std::string curve = fmt::format(fmt::runtime(kCurve), fmt::arg("title", safe));
  for (const auto& [terminal, file] :
       {std::pair("svg size 800,500 dynamic background 'white' font 'sans,12'", "curve.svg"),
        std::pair("pngcairo size 1200,750 font 'sans,14'", "curve.png")}) {
    const std::string command = fmt::format("cd {} && gnuplot 2>/dev/null", quoted(folder));
    std::FILE* const gnuplot = popen(command.c_str(), "w");
    if (gnuplot == nullptr) return "gnuplot did not start";
    fmt::print(gnuplot, "set terminal {}\nset output \"{}\"\n{}", terminal, file, curve);
    if (pclose(gnuplot) != 0) return "gnuplot failed";
  }
  return "";
}

}  // namespace scangrad_tools
