#include "accuracy.h"

#include <algorithm>

#include "../../core/threads.h"

namespace scangrad::SCANGRAD_PRECISION {

double accuracy(const Tensor& logits, const Ids& targets, const TargetOptions& options) {
  const CountedTargets counted = counted_targets("accuracy", logits.shape(), targets, options);
  const int64_t N = counted.ids.numel(), V = logits.size(-1);
  const int32_t* const ids = counted.ids.data();
  const real* const x = logits.data();
  int64_t right = 0;
#pragma omp parallel for num_threads(threads_for(N* V)) schedule(static) reduction(+ : right)
  for (int64_t n = 0; n < N; ++n) {
    const real* const row = x + n * V;
    right += ids[n] >= 0 && std::max_element(row, row + V) - row == ids[n];
  }
  return static_cast<double>(right) / static_cast<double>(counted.count);
}

}  // namespace scangrad::SCANGRAD_PRECISION
