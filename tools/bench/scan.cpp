// scangrad bench scan 8 4096 256: the fused gate scan, forward + backward, for shapes B T E ...
//
// Forward reads the projection and writes h. Backward reads the projection, h and dh, and writes the gradient of the
// projection. The memory time is the time to move these bytes; the arithmetic time is the time of the same scan when
// all data is in the caches. Both can overlap, so the floor is the larger one.
#include <fmt/format.h>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/threads.h"
#include "../../ops/diagonal/min_gru_scan.h"
#include "../../ops/diagonal/min_lstm_scan.h"
#include "bench.h"
#include "measure.h"
#include "results.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

// Forward + backward of a scan.
std::function<void()> scan_work(bool is_gru, int64_t B, int64_t T, int64_t E) {
  Tensor projection = random_normal({B, T, (is_gru ? 2 : 3) * E}, 1);
  projection.set_requires_grad(true);
  return [is_gru, projection, dh = random_normal({B, T, E}, 2)]() mutable {
    projection.zero_grad();
    const Tensor h = is_gru ? min_gru_scan(projection) : min_lstm_scan(projection, {}, Gates::kNormalised);
    backward({h}, {dh});
  };
}

// Seconds per element without waiting for memory: the additional time of additional steps, for sizes that fit into the
// second-level cache of each thread.
double arithmetic_seconds(bool is_gru, int64_t E) {
  const int64_t B = 2 * threads(), more = std::max<int64_t>(8'192 / E, 2),
                few = more / 2;  // enough work for all threads
  const double seconds =
      median_seconds(scan_work(is_gru, B, more, E), 0.5) - median_seconds(scan_work(is_gru, B, few, E), 0.5);
  return std::max(seconds, 0.0) / static_cast<double>(B * (more - few) * E);
}

}  // namespace

int bench_scan(const std::string& mixer, std::vector<int64_t> sizes, const ResultOptions& options) {
  if (sizes.empty()) sizes = {8, 4096, 256, 64, 256, 384, 16, 4112, 384, 1, 65536, 256, 1, 65536, 64, 1, 1048576, 8};
  check(sizes.size() % 3 == 0, "bench: {} sizes were given, but three for each shape (B T E) are needed", sizes.size());
  check_sizes(sizes);
  const bool is_gru = mixer == "mingru";
  check(is_gru || mixer == "minlstm", "bench: mixer is '{}', but mingru or minlstm is needed", mixer);
  print_machine();
  const double memory = memory_rate();
  const int64_t parts = is_gru ? 2 : 3;
  const double bytes = static_cast<double>((parts + 1) + (2 * parts + 2)) * sizeof(real);
  fmt::print("{} scan, forward + backward: {:.0f} bytes per element at {:.1f} GB/s: {:.2f} ns\n", mixer, bytes,
             memory * 1e-9, bytes / memory * 1e9);
  Results results({"scan", "element", /*nanoseconds=*/true}, options);
  for (size_t i = 0; i < sizes.size(); i += 3) {
    const int64_t B = sizes[i], T = sizes[i + 1], E = sizes[i + 2];
    const double elements = static_cast<double>(B * T * E);
    results.measure({fmt::format("{} {} x {} x {}", mixer, B, T, E), elements, elements * arithmetic_seconds(is_gru, E),
                     elements * bytes / memory, /*overlap=*/true, fmt::format("scan {} {} {} {}", mixer, B, T, E)},
                    scan_work(is_gru, B, T, E));
  }
  results.draw();
  return 0;
}

}  // namespace scangrad_tools
