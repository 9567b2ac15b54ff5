#include "workers.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <system_error>
#include <thread>

#include "kernels/denormals.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// How often a thread looks before it sleeps: about 0.05 milliseconds. Parallel work of a training loop follows within
// some microseconds, and waking a thread that sleeps takes as long.
constexpr int kLooks = 2000;

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Signals are for the threads of the program.
class WithoutSignals {
 public:
  WithoutSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~WithoutSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  WithoutSignals(const WithoutSignals&) = delete;
  WithoutSignals& operator=(const WithoutSignals&) = delete;

 private:
  sigset_t before_;
};

// Never freed: workers may still look at it while the process ends.
std::atomic<Workers*> pool{nullptr};

}  // namespace

void wait_while(const std::atomic<uint32_t>& value, uint32_t old) {
  for (int look = 0; look < kLooks; ++look) {
    if (value.load(std::memory_order_acquire) != old) return;
    relax();
  }
  value.wait(old, std::memory_order_acquire);
}

Workers& Workers::of_process() {
  static const bool made = [] {
    pool = new Workers;
    pthread_atfork(nullptr, nullptr, [] { pool = new Workers; });
    return true;
  }();
  static_cast<void>(made);
  return *pool;
}

void Workers::run(int count, Body body, const void* object) {
  const std::unique_lock<std::mutex> lock(in_use_, std::try_to_lock);
  if (!lock) return body(object, 0);
  start(count);
  body_ = body;
  object_ = object;
  flushes_denormals_ = flushes_denormals();
  job_ = std::max<uint32_t>(job_ + 1, 1);
  door_.store(uint64_t(job_) << 32, std::memory_order_release);
  const int called = std::min(count - 1, static_cast<int>(workers_.size()));
  for (int i = 0; i < called; ++i) {
    std::atomic<uint32_t>& call = workers_[static_cast<size_t>(i)].call;
    call.store(job_, std::memory_order_release);
    call.notify_one();
  }
  body(object, 0);
  close();
}

void Workers::start(int count) {
  while (can_start_ && static_cast<int>(workers_.size()) < count - 1) {
    Worker& worker = workers_.emplace_back();
    const WithoutSignals inherited;
    try {
      std::thread([this, &worker, index = static_cast<int>(workers_.size())] { work(worker, index); }).detach();
    } catch (const std::system_error&) {  // the system has no more threads: work with those that there are
      workers_.pop_back();
      can_start_ = false;
    }
  }
}

void Workers::work(const Worker& worker, int index) {
  for (uint32_t job = 0;;) {
    wait_while(worker.call, job);
    job = worker.call.load(std::memory_order_acquire);
    if (!enter(job)) continue;
    if (flushes_denormals() != flushes_denormals_) flush_denormals(flushes_denormals_);
    body_(object_, index);
    leave();
  }
}

// Fails if the caller has already finished the job without this worker.
bool Workers::enter(uint32_t job) {
  uint64_t door = door_.load(std::memory_order_acquire);
  while (door >> 32 == job)
    if (door_.compare_exchange_weak(door, door + 1, std::memory_order_acq_rel)) return true;
  return false;
}

void Workers::leave() {
  if (door_.fetch_sub(1, std::memory_order_acq_rel) == 1) door_.notify_one();  // closed, and no other worker is inside
}

// Lets no more workers in, and waits for those that are inside.
void Workers::close() {
  uint64_t inside = door_.fetch_and(0xffff'ffff, std::memory_order_acq_rel) & 0xffff'ffff;
  for (int look = 0; inside != 0; inside = door_.load(std::memory_order_acquire)) {
    if (++look < kLooks)
      relax();
    else
      door_.wait(inside, std::memory_order_acquire);
  }
}

}  // namespace scangrad::SCANGRAD_PRECISION
