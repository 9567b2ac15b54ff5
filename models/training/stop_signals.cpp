#include "stop_signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <mutex>

namespace scangrad::SCANGRAD_PRECISION {
namespace {

struct Caught {
  int signal, flags;
  struct sigaction before {};
};
constexpr int kOnce = static_cast<int>(SA_RESETHAND);

std::mutex mutex;  // of the next two
int64_t alive = 0;
Caught all_caught[] = {{SIGINT, kOnce}, {SIGTERM, kOnce}, {SIGHUP, 0}, {SIGPIPE, 0}};

std::atomic<bool> requested = false;
std::atomic<const char*> line = nullptr;
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<const char*>::is_always_lock_free,
              "a handler may not wait");

void handle(int signal) {
  requested = true;
  const char* const text = line;
  if (signal != SIGINT || text == nullptr) return;
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, std::strlen(text));
  errno = error;
}

}  // namespace

StopSignals::StopSignals(const char* text) {
  const std::lock_guard lock(mutex);
  if (alive++ > 0) return;
  requested = false;
  line = isatty(STDERR_FILENO) == 1 ? text : nullptr;
  struct sigaction action {};
  action.sa_handler = handle;
  for (Caught& caught : all_caught) {
    sigaction(caught.signal, nullptr, &caught.before);
    action.sa_flags = caught.flags | SA_RESTART;
    if (caught.before.sa_handler != SIG_IGN) sigaction(caught.signal, &action, nullptr);
  }
}

StopSignals::~StopSignals() {
  const std::lock_guard lock(mutex);
  if (--alive > 0) return;
  for (const Caught& caught : all_caught) sigaction(caught.signal, &caught.before, nullptr);
}

bool StopSignals::came() const {
  return requested;
}

}  // namespace scangrad::SCANGRAD_PRECISION
