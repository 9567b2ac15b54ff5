// Parallel work: how many threads a kernel uses, and how it is divided among them. Nothing else starts threads.
//
//   in_parts(n, work, [=](int64_t begin, int64_t end) { ... });        one part for each thread
//   in_blocks(B, D, 256, work, [=](int64_t row, int64_t first, int64_t last) { ... });
//   each_task(n, threads_for(work), [&](int64_t i) { ... });           the next task for the next thread that is free
//
// `work` is a number of elementary steps of about a nanosecond. Bodies throw nothing.
//
// The division of work never changes a result: everything that affects rounding depends on shapes alone, so any number
// of threads gives the same bits.
#pragma once

#include <algorithm>
#include <atomic>

#include "real.h"

namespace scangrad::SCANGRAD_PRECISION {

// The number of threads for kernels of this process; at the start as many as the machine and OMP_NUM_THREADS allow.
SCANGRAD_API int threads();
// Errors: fewer than 1 thread.
SCANGRAD_API void set_threads(int count);
// Whether parallel work runs on OpenMP's threads instead of the library's own (core/workers.h), which is the default.
// Returns false, and changes nothing, if the library was built without OpenMP. For the whole process.
SCANGRAD_API bool use_openmp(bool use);

// The number of threads to use for `work`: 1 for little work and inside parallel work.
SCANGRAD_API int threads_for(int64_t work);
// Whether this thread is doing a part of parallel work.
SCANGRAD_API bool in_parallel();
// This thread's number in parallel work, from 0. No two threads that work at the same time have the same number.
SCANGRAD_API int thread_index();

namespace detail {
SCANGRAD_API void on_threads(int count, void (*body)(const void* object, int index), const void* object);
}  // namespace detail

// Calls body(index) with index 0 on this thread, and with 1 ... count - 1 on other threads, at the same time. A thread
// that comes too late is not waited for, and then there is no call with its index. So body must not expect to be called
// for every index: it takes work until there is none.
template <class Body>
void on_threads(int count, const Body& body) {
  detail::on_threads(
      count, [](const void* object, int index) { (*static_cast<const Body*>(object))(index); }, &body);
}

// Calls body(task) for task 0 ... n - 1 on `count` threads. A thread that is free takes the next tasks in order,
// `at_a_time` of them.
template <class Body>
void each_task(int64_t n, int count, Body body, int64_t at_a_time = 1) {
  std::atomic<int64_t> next{0};
  const int64_t turns = (n + at_a_time - 1) / at_a_time;
  on_threads(static_cast<int>(std::min<int64_t>(count, turns)), [&](int) {
    for (int64_t first; (first = next.fetch_add(at_a_time, std::memory_order_relaxed)) < n;)
      for (int64_t task = first; task < std::min(first + at_a_time, n); ++task) body(task);
  });
}

// Calls body(part) for part 0 ... parts - 1, each on the thread of this number if it is free: what a thread has in its
// caches from the kernel before, it is likely to need again.
template <class Body>
void each_part(int parts, Body body) {
  constexpr int kMost = 1024;  // threads; of more parts, each goes to the next free thread
  if (parts > kMost) return each_task(parts, kMost, body);
  std::atomic<bool> taken[kMost];
  for (int part = 0; part < parts; ++part) taken[part].store(false, std::memory_order_relaxed);
  on_threads(parts, [&](int own) {
    for (int i = 0; i < parts; ++i) {
      const int part = own + i < parts ? own + i : own + i - parts;
      if (!taken[part].exchange(true, std::memory_order_relaxed)) body(part);
    }
  });
}

// Divides 0 ... n - 1 into one part for each thread and calls body(begin, end) for each part. Little work is done here
// and now: another thread would cost about a microsecond.
template <class Body>
void in_parts(int64_t n, int64_t work, Body body) {
  const int parts = static_cast<int>(std::clamp<int64_t>(n, 1, threads_for(work)));
  if (parts == 1) return body(int64_t(0), n);
  each_part(parts, [=](int part) { body(n * part / parts, n * (part + 1) / parts); });
}

// Divides the rows of an array (rows, width) into blocks of at most `block` columns and calls body(row, first, last)
// for each block of each row. Neighbours are mostly done by the same thread.
template <class Body>
void in_blocks(int64_t rows, int64_t width, int64_t block, int64_t work, Body body) {
  const int64_t blocks = (width + block - 1) / block;
  in_parts(rows * blocks, work, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i % blocks * block;
      body(i / blocks, first, std::min(first + block, width));
    }
  });
}

// Parts of parallel tasks that must run one after the other:
//
//   Turns turns;
//   each_task(n, count, [&](int64_t i) {
//     ...                         // in parallel
//     turns.wait_for(i);
//     ...                         // in the order of i
//     turns.end();
//     ...                         // in parallel
//   });
//
// Every task must take its turn, and the tasks are those of one each_task() that takes one at a time.
class SCANGRAD_API Turns {
 public:
  void wait_for(int64_t turn) const;
  void end();

 private:
  std::atomic<uint32_t> now_{0};
};

}  // namespace scangrad::SCANGRAD_PRECISION
