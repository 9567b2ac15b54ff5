#include "threads.h"

#include <algorithm>
#include <atomic>

#include "check.h"

#if defined(_OPENMP)
#include <omp.h>
#endif

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// Starting a parallel region takes a few microseconds; the work of a thread should take about ten times as long.
[[maybe_unused]] constexpr int64_t kWorkPerThread = 20'000;

int machine_threads() {
#if defined(_OPENMP)
  return omp_get_max_threads();
#else
  return 1;
#endif
}

std::atomic<int>& count() {
  static std::atomic<int> value{machine_threads()};
  return value;
}

}  // namespace

int threads() {
  return count().load(std::memory_order_relaxed);
}

void set_threads(int value) {
  check(value >= 1, "threads: count is {}, but at least 1 is needed", value);
  count() = value;
}

int threads_for(int64_t work) {
#if defined(_OPENMP)
  if (omp_in_parallel()) return 1;
  return static_cast<int>(std::clamp<int64_t>(work / kWorkPerThread, 1, threads()));
#else
  (void)work;
  return 1;
#endif
}

bool in_parallel() {
#if defined(_OPENMP)
  return omp_get_level() > 0;  // true also in a region of one thread
#else
  return false;
#endif
}

int thread_index() {
#if defined(_OPENMP)
  return omp_get_thread_num();
#else
  return 0;
#endif
}

}  // namespace scangrad::SCANGRAD_PRECISION
