#include "../../core/threads.h"

#include <atomic>
#include <vector>

#include "../testing.h"

using namespace scangrad;

#if defined(_OPENMP)
constexpr bool kParallel = true;
#else
constexpr bool kParallel = false;
#endif

TEST_CASE("threads: threads() returns the number that was set") {
  const WithThreads restored(threads());
  CHECK(threads() >= 1);
  set_threads(3);
  CHECK(threads() == 3);
  set_threads(1);
  CHECK(threads() == 1);
}

TEST_CASE("threads: small work gets one thread, large work all of them") {
  const WithThreads three(3);
  for (const int64_t work : {int64_t(-1), int64_t(0), int64_t(1), int64_t(1000), int64_t(10'000)})
    CHECK(threads_for(work) == 1);
  CHECK(threads_for(int64_t(1) << 30) == (kParallel ? 3 : 1));
  CHECK(threads_for(int64_t(1) << 62) == (kParallel ? 3 : 1));
  int previous = 1;
  for (int64_t work = 1; work < int64_t(1) << 30; work *= 2) {
    CHECK(threads_for(work) >= previous);
    previous = threads_for(work);
  }
}

TEST_CASE("threads: inside a parallel region no more threads are used") {
  const WithThreads three(3);
  const int64_t large = int64_t(1) << 30;
  std::atomic<int> seen{0}, nested{0};
  CHECK(thread_index() == 0);
#pragma omp parallel for num_threads(threads_for(large)) schedule(static, 1)
  for (int i = 0; i < 3; ++i) {
    seen |= 1 << thread_index();
    nested += threads_for(large);
  }
  CHECK(seen == (kParallel ? 0b111 : 1));
  CHECK(nested == 3);
}

TEST_CASE("threads: the parts cover everything once, for any number of threads") {
  for (const int count : {1, 2, 3, 7}) {
    const WithThreads some(count);
    for (const int64_t n : {0, 1, 2, 5, 64}) {
      std::vector<int> seen(static_cast<size_t>(n));
      in_parts(n, int64_t(1) << 30, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
      });
      CHECK(seen == std::vector<int>(static_cast<size_t>(n), 1));
    }
  }
}

TEST_CASE("threads: the work of one thread needs no parallel region") {
  const WithThreads three(3);
  bool inside = true;
  in_parts(8, 1, [&](int64_t, int64_t) { inside = in_parallel(); });
  CHECK(!inside);
  std::atomic<int> regions{0};
  in_parts(8, int64_t(1) << 30, [&](int64_t, int64_t) { regions += in_parallel(); });
  CHECK(regions == (kParallel ? 3 : 0));
}

TEST_CASE("threads: fewer than one is an error") {
  const int before = threads();
  CHECK(error_of([] { set_threads(0); }) == "threads: count is 0, but at least 1 is needed");
  CHECK(error_of([] { set_threads(-2); }) == "threads: count is -2, but at least 1 is needed");
  CHECK(threads() == before);
}
