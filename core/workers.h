// Threads that wait for work. Only core/threads uses them: by default, and instead of OpenMP's threads.
//
//   Workers::of_process().run(4, body, object);      // body(object, 0) ... body(object, 3), at the same time
//
// They are made for programs that embed the library and share the machine with others:
//
//  * They do not take the time of others. A thread without work looks for some for about 0.05 milliseconds and then
//    sleeps. OpenMP's threads of GCC look for a few milliseconds, which halves the speed of every other program.
//  * The caller does not wait for a worker that has not begun. When the caller finds no more work, such workers are no
//    longer let in. A processor that is busy with something else then costs its share of the speed, and no more.
//  * One caller at a time has workers. A second thread that calls run() meanwhile computes alone.
//  * A process after fork() has no threads but the one that called fork(): it gets new workers.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>

#include "real.h"

namespace scangrad::SCANGRAD_PRECISION {

// Waits until `value` differs from `old`: looks at it for a while, then sleeps until notify_one() or notify_all().
void wait_while(const std::atomic<uint32_t>& value, uint32_t old);

class Workers {
 public:
  using Body = void (*)(const void* object, int index);

  static Workers& of_process();
  // Calls body(object, index) for index 0 on this thread, and for each index 1 ... count - 1 on a worker of this
  // number, if it comes before the call for index 0 has returned. Returns when all calls have. Workers treat denormal
  // numbers as this thread does. body throws nothing.
  void run(int count, Body body, const void* object);

 private:
  struct alignas(64) Worker {
    std::atomic<uint32_t> call{0};  // the newest job to which the worker is called
  };

  void start(int count);
  void work(const Worker& worker, int index);
  bool enter(uint32_t job);
  void leave();
  void close();

  std::mutex in_use_;           // held by the caller of the current job
  std::deque<Worker> workers_;  // the worker with index i is element i - 1
  bool can_start_ = true;       // whether the system has let us start every thread so far

  // The current job. Its number is never 0.
  uint32_t job_ = 0;
  Body body_ = nullptr;
  const void* object_ = nullptr;
  bool flushes_denormals_ = false;
  // Upper half: the number of the job that workers may join, 0 for none. Lower half: how many of them are inside.
  std::atomic<uint64_t> door_{0};
};

}  // namespace scangrad::SCANGRAD_PRECISION
