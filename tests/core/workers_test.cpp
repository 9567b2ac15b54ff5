#include "../../core/workers.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <numeric>
#include <thread>
#include <vector>

#include "../../core/kernels/denormals.h"
#include "../../core/threads.h"
#include "../testing.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SCANGRAD_WITHOUT_FORK
#endif
#endif

using namespace scangrad;

namespace {

template <class Body>
void run(int count, const Body& body) {
  Workers::of_process().run(
      count, [](const void* object, int index) { (*static_cast<const Body*>(object))(index); }, &body);
}

// Calls body(1) on a worker: index 0 waits until the worker has come.
template <class Body>
void on_a_worker(Body body) {
  std::atomic<bool> came{false};
  run(2, [&](int index) {
    if (index == 1) body(), came = true;
    while (!came) std::this_thread::yield();
  });
}

}  // namespace

TEST_CASE("workers: each index is called at most once, and index 0 always") {
  for (int repeat = 0; repeat < 200; ++repeat)
    for (const int count : {1, 2, 3, 7}) {
      std::vector<std::atomic<int>> calls(static_cast<size_t>(count));
      run(count, [&](int index) { ++calls[static_cast<size_t>(index)]; });
      CHECK(calls[0] == 1);
      for (const std::atomic<int>& each : calls) CHECK(each <= 1);
    }
}

TEST_CASE("workers: all come if there is work for them") {
  std::atomic<int> here{0};
  run(4, [&](int) {
    ++here;
    while (here < 4) std::this_thread::yield();
  });
  CHECK(here == 4);
}

TEST_CASE("workers: when run() returns, no worker is inside, and what they wrote is seen") {
  for (int repeat = 0; repeat < 2000; ++repeat) {
    std::vector<int> done(64);
    std::atomic<size_t> next{0};
    run(4, [&](int) {
      for (size_t i; (i = next++) < done.size();) done[i] = 1;
    });
    CHECK(std::accumulate(done.begin(), done.end(), 0) == 64);
  }
}

TEST_CASE("workers: a second caller computes alone and does not wait for the first") {
  std::atomic<int> calls{0};
  run(2, [&](int index) {
    if (index != 0) return;
    std::thread([&] { run(3, [&](int) { ++calls; }); }).join();
  });
  CHECK(calls == 1);
}

TEST_CASE("workers: they treat denormal numbers as the caller does, also after a change") {
  const bool before = flushes_denormals();
  for (const bool flush : {true, false, true}) {
    if (!flush_denormals(flush)) break;
    bool seen = !flush;
    on_a_worker([&] { seen = flushes_denormals(); });
    CHECK(seen == flush);
  }
  flush_denormals(before);
}

TEST_CASE("workers: signals are left to the threads of the program") {
  sigset_t blocked, own;
  sigemptyset(&blocked);
  on_a_worker([&] { pthread_sigmask(SIG_SETMASK, nullptr, &blocked); });
  pthread_sigmask(SIG_SETMASK, nullptr, &own);
  CHECK(sigismember(&blocked, SIGINT) == 1);
  CHECK(sigismember(&blocked, SIGTERM) == 1);
  CHECK(sigismember(&own, SIGINT) == 0);
}

// ThreadSanitizer ends a process that starts threads after fork().
#if !defined(SCANGRAD_WITHOUT_FORK)
TEST_CASE("workers: a process after fork() has workers of its own") {
  std::atomic<int> here{0};
  const auto meet = [&](int) {
    ++here;
    while (here < 2) std::this_thread::yield();
  };
  run(2, meet);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);  // ends a child that waits in vain
    here = 0;
    run(2, meet);
    _exit(here == 2 ? 7 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
}
#endif
