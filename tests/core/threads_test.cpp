#include "../../core/threads.h"

#include <thread>
#include <vector>

#include "../testing.h"

using namespace scangrad;

namespace {

// Calls check() with the library's threads and, if the library has it, with OpenMP's.
template <class Check>
void with_each_kind(Check check) {
  for (const bool openmp : {true, false})
    if (use_openmp(openmp)) {
      CAPTURE(openmp);
      check();
    }
}

constexpr int64_t kLarge = int64_t(1) << 30;

}  // namespace

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
  CHECK(threads_for(kLarge) == 3);
  CHECK(threads_for(int64_t(1) << 62) == 3);
  int previous = 1;
  for (int64_t work = 1; work < kLarge; work *= 2) {
    CHECK(threads_for(work) >= previous);
    previous = threads_for(work);
  }
}

TEST_CASE("threads: all threads work at the same time, each with a number of its own") {
  with_each_kind([] {
    std::atomic<int> seen{0}, here{0};
    on_threads(3, [&](int index) {
      CHECK(thread_index() == index);
      seen |= 1 << index;
      ++here;
      while (here < 3) std::this_thread::yield();
    });
    CHECK(seen == 0b111);
    CHECK(thread_index() == 0);
  });
}

TEST_CASE("threads: inside parallel work no more threads are used") {
  const WithThreads three(3);
  with_each_kind([] {
    std::atomic<int> inner{0}, indices{0}, inside{0};
    each_task(3, 3, [&](int64_t) {
      inside += in_parallel();
      in_parts(100, kLarge, [&](int64_t begin, int64_t end) { inner += end - begin == 100; });
      const std::thread::id self = std::this_thread::get_id();
      each_task(5, 3, [&](int64_t) { indices += thread_index() + (std::this_thread::get_id() != self); });
    });
    CHECK(inside == 3);
    CHECK(inner == 3);
    CHECK(indices == 0);
    CHECK(!in_parallel());
  });
}

TEST_CASE("threads: tasks, parts and blocks cover everything once, for any number of threads") {
  with_each_kind([] {
    for (const int count : {1, 2, 3, 7}) {
      const WithThreads some(count);
      for (const int64_t n : {0, 1, 2, 5, 64}) {
        std::vector<int> tasks(static_cast<size_t>(n)), threes = tasks, parts = tasks,
                                                        blocks(static_cast<size_t>(n * 5));
        each_task(n, count, [&](int64_t i) { ++tasks[static_cast<size_t>(i)]; });
        each_task(
            n, count, [&](int64_t i) { ++threes[static_cast<size_t>(i)]; }, /*at_a_time=*/3);
        in_parts(n, kLarge, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) ++parts[static_cast<size_t>(i)];
        });
        in_blocks(5, n, 4, kLarge, [&](int64_t row, int64_t first, int64_t last) {
          for (int64_t i = first; i < last; ++i) ++blocks[static_cast<size_t>(row * n + i)];
        });
        const std::vector<int> once(static_cast<size_t>(n), 1);
        CHECK(tasks == once);
        CHECK(threes == once);
        CHECK(parts == once);
        CHECK(blocks == std::vector<int>(static_cast<size_t>(n * 5), 1));
      }
    }
  });
}

TEST_CASE("threads: more parts than threads are possible") {
  with_each_kind([] {
    for (const int parts : {1000, 1500}) {
      std::atomic<int> sum{0};
      each_part(parts, [&](int64_t part) { sum += static_cast<int>(part); });
      CHECK(sum == (parts - 1) * parts / 2);
    }
  });
}

TEST_CASE("threads: turns come in order, whatever a task does before") {
  with_each_kind([] {
    for (const int count : {1, 2, 5}) {
      std::vector<int64_t> order;
      Turns turns;
      each_task(100, count, [&](int64_t i) {
        if (i % 7 == 0) std::this_thread::yield();
        turns.wait_for(i);
        order.push_back(i);
        turns.end();
      });
      CHECK(order.size() == 100);
      CHECK(std::is_sorted(order.begin(), order.end()));
    }
  });
}

TEST_CASE("threads: little work is done by the calling thread alone") {
  const WithThreads three(3);
  bool inside = true;
  in_parts(8, 1, [&](int64_t, int64_t) { inside = in_parallel(); });
  CHECK(!inside);
  std::atomic<int> parts{0};
  in_parts(8, kLarge, [&](int64_t, int64_t) { parts += in_parallel(); });
  CHECK(parts == 3);
}

TEST_CASE("threads: fewer than one is an error") {
  const int before = threads();
  CHECK(error_of([] { set_threads(0); }) == "threads: count is 0, but at least 1 is needed");
  CHECK(error_of([] { set_threads(-2); }) == "threads: count is -2, but at least 1 is needed");
  CHECK(threads() == before);
}
