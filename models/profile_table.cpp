#include "profile_table.h"

#include <algorithm>

#include "../core/check.h"

namespace scangrad::inline SCANGRAD_PRECISION {

std::string profile_table(const Profile& profile, int64_t steps) {
  const double n = static_cast<double>(std::max<int64_t>(steps, 1)), all = profile.total().seconds;
  std::string table = fmt::format("{:<20} {:>6} {:>11} {:>12} {:>7} {:>9} {:>7}", "op", "calls", "forward ms",
                                  "backward ms", "share", "GFLOP/s", "GB/s");
  const auto line = [&](const std::string& name, double calls, const Profile::Pass& forward,
                        const Profile::Pass& backward) {
    const double seconds = forward.seconds + backward.seconds;
    table += fmt::format("\n{:<20} {:>6.0f} {:>11.2f} {:>12.2f} {:>5.1f} % {:>9.1f} {:>7.1f}", name, calls / n,
                         forward.seconds / n * 1e3, backward.seconds / n * 1e3, 100 * seconds / all,
                         (forward.flops + backward.flops) / seconds * 1e-9,
                         (forward.bytes + backward.bytes) / seconds * 1e-9);
  };
  Profile::Pass forward, backward;
  const auto add = [](Profile::Pass& sum, const Profile::Pass& pass) {
    sum.seconds += pass.seconds;
    sum.flops += pass.flops;
    sum.bytes += pass.bytes;
  };
  double calls = 0;
  for (const Profile::Row& row : profile.rows()) {
    line(row.name, static_cast<double>(row.calls), row.forward, row.backward);
    add(forward, row.forward);
    add(backward, row.backward);
    calls += static_cast<double>(row.calls);
  }
  line("all", calls, forward, backward);
  return table;
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
