#include "threads.h"

#include "check.h"
#include "workers.h"

#if defined(_OPENMP)
#include <omp.h>
#else
#include <thread>
#endif

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// Starting parallel work takes a few microseconds; the work of a thread should take about ten times as long.
constexpr int64_t kWorkPerThread = 20'000;

int machine_threads() {
#if defined(_OPENMP)
  return omp_get_max_threads();
#else
  return std::max(static_cast<int>(std::thread::hardware_concurrency()), 1);
#endif
}

std::atomic<int>& count() {
  static std::atomic<int> value{machine_threads()};
  return value;
}

std::atomic<bool> with_openmp{false};

// What this thread is doing.
struct Part {
  bool parallel = false;
  int index = 0;
};
thread_local Part now;

// One call of a body, as part of parallel work or alone.
struct Call {
  void (*body)(const void* object, int index);
  const void* object;
  bool parallel;

  void operator()(int index) const noexcept {
    const Part before = now;
    now = {parallel || before.parallel, index};
    body(object, index);
    now = before;
  }
};

}  // namespace

int threads() {
  return count().load(std::memory_order_relaxed);
}

void set_threads(int value) {
  check(value >= 1, "threads: count is {}, but at least 1 is needed", value);
  count() = value;
}

bool use_openmp(bool use) {
#if defined(_OPENMP)
  with_openmp = use;
  return true;
#else
  return !use;
#endif
}

int threads_for(int64_t work) {
  if (now.parallel) return 1;
  return static_cast<int>(std::clamp<int64_t>(work / kWorkPerThread, 1, threads()));
}

bool in_parallel() {
  return now.parallel;
}

int thread_index() {
  return now.index;
}

void detail::on_threads(int count, void (*body)(const void* object, int index), const void* object) {
  const Call call{body, object, count > 1};
  if (count <= 1 || now.parallel) return call(0);
#if defined(_OPENMP)
  if (with_openmp) {
#pragma omp parallel num_threads(count)
    call(omp_get_thread_num());
    return;
  }
#endif
  Workers::of_process().run(
      count, [](const void* one, int index) { (*static_cast<const Call*>(one))(index); }, &call);
}

void Turns::wait_for(int64_t turn) const {
  for (uint32_t seen; (seen = now_.load(std::memory_order_acquire)) != static_cast<uint32_t>(turn);)
    wait_while(now_, seen);
}

void Turns::end() {
  now_.fetch_add(1, std::memory_order_release);
  now_.notify_all();
}

}  // namespace scangrad::SCANGRAD_PRECISION
