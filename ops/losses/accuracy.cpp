#include "accuracy.h"

#include <algorithm>
#include <atomic>

#include "../../core/threads.h"

namespace scangrad::SCANGRAD_PRECISION {

double accuracy(const Tensor& logits, const Ids& targets, const TargetOptions& options) {
  const CountedTargets counted = counted_targets("accuracy", logits.shape(), targets, options);
  const int64_t N = counted.ids.numel(), V = logits.size(-1);
  const int32_t* const ids = counted.ids.data();
  const real* const x = logits.data();
  std::atomic<int64_t> right{0};
  in_parts(N, N * V, [&](int64_t begin, int64_t end) {
    int64_t found = 0;
    for (int64_t n = begin; n < end; ++n) {
      const real* const row = x + n * V;
      found += ids[n] >= 0 && std::max_element(row, row + V) - row == ids[n];
    }
    right += found;
  });
  return static_cast<double>(right) / static_cast<double>(counted.count);
}

}  // namespace scangrad::SCANGRAD_PRECISION
