// Loaded before a program, gives it a system clock that jumps by a year to and fro with every look at it; the clock
// that never goes back is left alone.
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

#include <atomic>

namespace {

// Never twice the same, and backwards every other time.
time_t jump() {
  constexpr time_t kYear = 365 * 24 * 3600;
  static std::atomic<int> looks{0};
  return (looks++ % 3 - 1) * kYear;
}

template <class F>
F next(F, const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const int result = next(&clock_gettime, "clock_gettime")(clock, now);
  if (clock == CLOCK_REALTIME) now->tv_sec += jump();
  return result;
}

extern "C" int gettimeofday(timeval* now, void* zone) noexcept {
  const int result = next(&gettimeofday, "gettimeofday")(now, zone);
  now->tv_sec += jump();
  return result;
}

extern "C" time_t time(time_t* now) noexcept {
  const time_t result = next(&time, "time")(nullptr) + jump();
  if (now != nullptr) *now = result;
  return result;
}
