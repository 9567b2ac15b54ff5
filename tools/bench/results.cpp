#include "results.h"

#include <fmt/format.h>

#include <utility>

#include "../plot/roofline.h"
#include "measure.h"
#include "peer/forms.h"

namespace scangrad_tools {

Results::Results(Kind kind, const ResultOptions& options) : kind_(std::move(kind)), options_(options) {
  if (!options_.out.empty()) {
    csv_ = open_csv(options_.out, kind_.name,
                    "case,items,median_s,items_per_s,arithmetic_s,memory_s,floor_s,floor_over_median");
    if (options_.peers != nullptr) forms_csv_ = open_csv(options_.out, kind_.name + "-peers", kFormColumns);
  }
  fmt::print("{:<28} {:>10} {:>11} {:>10} {:>9}\n", "case", "ms",
             kind_.nanoseconds ? "ns/" + kind_.item : kind_.item + "s/s", "floor ms", "of floor");
}

double Results::measure(Result result, const std::function<void()>& run, double parts, double seconds) {
  if (options_.peers != nullptr && !result.peer.empty()) {
    const Comparison& comparison = options_.peers->compare(result.peer, run, parts);
    result.seconds = comparison.ours;
    print(result);
    print_forms(comparison);
    if (forms_csv_ != nullptr) write_forms(forms_csv_, comparison);
  } else {
    result.seconds = median_seconds(run, seconds) / parts;
    print(result);
  }
  std::fflush(stdout);
  results_.push_back(result);
  return result.seconds;
}

void Results::print(const Result& result) const {
  const double rate = kind_.nanoseconds ? 1e9 * result.seconds / result.items : result.items / result.seconds;
  fmt::print("{:<28} {:>10.3f} {:>11} {:>10.3f} {:>8.0f}%\n", result.name, result.seconds * 1e3,
             kind_.nanoseconds ? fmt::format("{:.2f}", rate) : fmt::format("{:.0f}", rate), result.floor() * 1e3,
             100 * result.floor() / result.seconds);
  if (csv_ == nullptr) return;
  fmt::print(csv_.get(), "{},{},{},{},{},{},{},{}\n", result.name, result.items, result.seconds,
             result.items / result.seconds, result.arithmetic, result.memory, result.floor(),
             result.floor() / result.seconds);
  std::fflush(csv_.get());
}

void Results::draw() const {
  if (csv_ == nullptr || results_.empty()) return;
  std::vector<RooflinePoint> points;
  for (const Result& each : results_) points.push_back({each.name, each.arithmetic, each.memory, each.seconds});
  say_results(plot_roofline(points, results_.front().overlap, options_.out, kind_.name), options_.out, kind_.name);
}

}  // namespace scangrad_tools
