#include "results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <memory>
#include <sstream>
#include <utility>

#include "../../core/check.h"
#include "../../core/threads.h"
#include "../plot/roofline.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

struct PeerTime {
  std::string form;  // the fastest one
  double seconds = std::numeric_limits<double>::infinity();
};

// The path of tools/bench/torch_peer.py in the source tree; this program is in its build folder.
std::string peer_script() {
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  const std::filesystem::path script = program.parent_path().parent_path() / "tools" / "bench" / "torch_peer.py";
  check(std::filesystem::exists(script), "bench: --peer needs {}, which is not there", script.string());
  return script.string();
}

PeerTime run_peer(const std::string& python, const std::string& words) {
  const std::string command =
      fmt::format("OMP_NUM_THREADS={} '{}' '{}' {} 2>/dev/null", threads(), python, peer_script(), words);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  check(pipe != nullptr, "bench: {} cannot be started", python);
  PeerTime best;
  char line[256];
  while (std::fgets(line, sizeof line, pipe.get()) != nullptr) {
    std::istringstream words_of(line);
    std::string form;
    double seconds = 0;
    if (words_of >> form >> seconds && form != "torch" && seconds < best.seconds) best = {form, seconds};
  }
  check(!best.form.empty(), "bench: '{}' ran no form of '{}'", python, words);
  return best;
}

}  // namespace

Results::Results(Kind kind, const ResultOptions& options) : kind_(std::move(kind)), options_(options) {
  if (!options_.peer.empty()) {
    peer_script();
    const std::string asked = fmt::format("'{}' -c 'import torch' >/dev/null 2>&1", options_.peer);
    check(std::system(asked.c_str()) == 0, "bench: '{}' cannot import torch", options_.peer);
  }
  if (!options_.out.empty())
    csv_ = open_csv(options_.out, kind_.name,
                    "case,items,median_s,items_per_s,arithmetic_s,memory_s,floor_s,floor_over_median,peer_form,peer_s");
  const std::string rate = kind_.nanoseconds ? "ns/" + kind_.item : kind_.item + "s/s";
  fmt::print("{:<28} {:>10} {:>11} {:>10} {:>9}{}\n", "case", "ms", rate, "floor ms", "of floor",
             options_.peer.empty() ? "" : "   PyTorch ms    faster");
}

void Results::add(const Result& result) {
  const double rate = kind_.nanoseconds ? 1e9 * result.seconds / result.items : result.items / result.seconds;
  fmt::print("{:<28} {:>10.3f} {:>11} {:>10.3f} {:>8.0f}%", result.name, result.seconds * 1e3,
             kind_.nanoseconds ? fmt::format("{:.2f}", rate) : fmt::format("{:.0f}", rate), result.floor() * 1e3,
             100 * result.floor() / result.seconds);
  std::fflush(stdout);
  PeerTime peer;
  if (!options_.peer.empty() && !result.peer.empty()) {
    peer = run_peer(options_.peer, result.peer);
    fmt::print(" {:>12.3f} {:>8.2f}x  ({})", peer.seconds * 1e3, peer.seconds / result.seconds, peer.form);
  }
  fmt::print("\n");
  std::fflush(stdout);
  if (csv_ != nullptr)
    fmt::print(csv_.get(), "{},{},{},{},{},{},{},{},{},{}\n", result.name, result.items, result.seconds,
               result.items / result.seconds, result.arithmetic, result.memory, result.floor(),
               result.floor() / result.seconds, peer.form, peer.form.empty() ? "" : fmt::format("{}", peer.seconds));
  if (csv_ != nullptr) std::fflush(csv_.get());
  results_.push_back(result);
}

void Results::draw() const {
  if (csv_ == nullptr || results_.empty()) return;
  std::fflush(csv_.get());
  std::vector<RooflinePoint> points;
  for (const Result& each : results_) points.push_back({each.name, each.arithmetic, each.memory, each.seconds});
  say_results(plot_roofline(points, results_.front().overlap, options_.out, kind_.name), options_.out, kind_.name);
}

}  // namespace scangrad_tools
