// scangrad bench peers: this program against other frameworks, and the table of README.md for it.
//
//   scangrad bench peers --peer torch,jax
//
// First each work is measured as `bench layer`, `bench step` and `bench generate` do it, with all forms. The table at
// the end holds the best form in each precision.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <limits>

#include "../../core/check.h"
#include "../../core/threads.h"
#include "bench.h"
#include "measure.h"
#include "results.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

struct TableRow {
  std::string label;
  std::function<void()> run;
  bool rate = false;  // tokens per second instead of milliseconds
};

// Three digits at least, with commas between thousands: 5,436 or 36.8.
std::string number(double value) {
  if (value < 100) return fmt::format("{:.1f}", value);
  std::string digits = fmt::format("{:.0f}", value);
  for (auto at = static_cast<int64_t>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

// `titles`: the peers of the columns. A peer that has ended before this work has no times.
void print_row(const TableRow& row, const Comparison& comparison, const std::vector<std::string>& titles) {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  std::vector<double> seconds;
  for (const std::string& title : titles)
    for (const char* const precision : {"float", "bf16"}) {
      seconds.push_back(kNone);
      for (const Comparison::Theirs& theirs : comparison.peers)
        if (const Form* const best = theirs.best(precision); theirs.title == title && best != nullptr)
          seconds.back() = best->seconds;
    }
  seconds.push_back(comparison.ours);
  const double least = *std::min_element(seconds.begin(), seconds.end());
  fmt::print("| {} |", row.label);
  for (const double each : seconds) {
    const std::string text = each == kNone ? "-" : number(row.rate ? 1 / each : 1e3 * each);
    fmt::print(" {} |", each == least ? "**" + text + "**" : text);
  }
  fmt::print("\n");
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  char text[16];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d", std::localtime(&now)));
}

}  // namespace

int bench_peers(const ResultOptions& options, int64_t shorter) {
  check(shorter >= 1, "bench: shorter is {}, but at least 1 is needed", shorter);
  const auto steps = [shorter](int64_t T) { return std::max<int64_t>(T / shorter, 1); };
  const int64_t layer = steps(4'096), copy = steps(4'096), text = steps(256), lstm = steps(256);
  const std::vector<TableRow> rows = {
      {fmt::format("minGRU layer (8, {}, 256), ms", layer),
       [&] {
         bench_layer({"mingru"}, {8, layer, 256}, options);
       }},
      {fmt::format("copying step (16, {}), ms", copy + 16),
       [&] {
         bench_step("copy", "mingru", {16, copy}, options);
       }},
      {fmt::format("Shakespeare step (64, {}), ms", text),
       [&] {
         bench_step("shakespeare", "mingru", {64, text}, options);
       }},
      {fmt::format("LSTM layer (8, {}, 256), ms", lstm),
       [&] {
         bench_layer({"lstm"}, {8, lstm, 256}, options);
       }},
      {"generating, batch 1, tokens/s", [&] { bench_generate(options); }, /*rate=*/true}};
  const Timer timer;
  for (const TableRow& row : rows) {
    row.run();
    fmt::print("\n");
  }
  const std::vector<std::string> titles = options.peers->titles();
  std::string header = "| work |", line = "|---|";
  for (const std::string& title : titles) {
    header += fmt::format(" {} | bf16 |", title);
    line += "---|---|";
  }
  fmt::print("{} scangrad |\n{}---|\n", header, line);
  for (size_t i = 0; i < rows.size(); ++i) print_row(rows[i], options.peers->comparisons()[i], titles);
  fmt::print("\n{}: {} threads of {}.\n", today(), threads(), cpu_name());
  options.peers->print_notes();
  fmt::print("Measured in {:.0f} minutes.\n", timer.seconds() / 60);
  return 0;
}

}  // namespace scangrad_tools
