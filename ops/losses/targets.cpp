#include "targets.h"

#include <algorithm>

#include "../../core/check.h"

namespace scangrad::SCANGRAD_PRECISION {

CountedTargets counted_targets(const char* unit, const Shape& shape, const Ids& targets, const TargetOptions& options) {
  const Ids& mask = options.mask;
  check(shape.rank() >= 1, "{}: logits has shape {}, but (..., V) is needed", unit, shape);
  const Shape positions(shape.begin(), shape.rank() - 1);
  check(targets.defined() && targets.shape() == positions, "{}: targets has shape {}, but {} is needed", unit,
        targets.shape(), positions);
  check(!mask.defined() || mask.shape() == positions, "{}: mask has shape {}, but {} is needed", unit, mask.shape(),
        positions);

  CountedTargets counted{Ids(positions)};
  int32_t* const to = counted.ids.data();
  const int64_t V = shape[-1], N = positions.numel();
  for (int64_t n = 0; n < N; ++n) {
    const int32_t target = targets[n];
    const bool counts = target != options.ignore_index && (!mask.defined() || mask[n] != 0);
    to[n] = counts ? target : -1;
    counted.count += counts;
    if (counts && (target < 0 || target >= V))
      fail("{}: targets has {} at {}, but there are {} classes", unit, target, targets.place(n), V);
  }
  check(counted.count > 0, "{}: none of {} positions counts, but at least one is needed", unit, N);
  return counted;
}

}  // namespace scangrad::SCANGRAD_PRECISION
