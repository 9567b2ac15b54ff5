#include "profile_table.h"

#include <algorithm>

#include "../../core/check.h"

namespace scangrad::SCANGRAD_PRECISION {

std::string profile_table(const Profile& profile, int64_t steps) {
  const double n = static_cast<double>(std::max<int64_t>(steps, 1)), all = profile.total().seconds;
  std::string table = fmt::format("{:<20} {:>6} {:>11} {:>12} {:>7} {:>9} {:>7}", "op", "calls", "forward ms",
                                  "backward ms", "share", "GFLOP/s", "GB/s");
  const auto add_line = [&](const Profile::Row& row) {
    Profile::Pass both = row.forward;
    both += row.backward;
    table +=
        fmt::format("\n{:<20} {:>6.0f} {:>11.2f} {:>12.2f} {:>5.1f} % {:>9.1f} {:>7.1f}", row.name,
                    static_cast<double>(row.calls) / n, row.forward.seconds / n * 1e3, row.backward.seconds / n * 1e3,
                    100 * both.seconds / all, both.flops / both.seconds * 1e-9, both.bytes / both.seconds * 1e-9);
  };
  Profile::Row sum{.name = "all", .forward = {}, .backward = {}};
  for (const Profile::Row& row : profile.rows()) {
    add_line(row);
    sum.calls += row.calls;
    sum.forward += row.forward;
    sum.backward += row.backward;
  }
  add_line(sum);
  return table;
}

}  // namespace scangrad::SCANGRAD_PRECISION
