// The rules for every input of every target. It is read, or refused with an Error whose message is one printable line
// that begins with the name of a unit. Memory on the heap and in the pool is at most ten times the size of the input
// plus 4 MiB. It takes at most one second of processor time. An input that breaks a rule ends the process.
#include <malloc.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <new>

#include "../../core/error.h"
#include "../../core/kernels/gemm.h"
#include "../../core/memory.h"
#include "../temporary_folder.h"
#include "fuzz.h"

namespace {

constexpr int64_t kTimes = 10, kFree = int64_t(4) << 20;
constexpr double kSeconds = 1;
constexpr size_t kLongestMessage = 1'003;  // of bytes: what Error keeps, and "..." for the rest

std::atomic<int64_t> live{0}, peak{0}, most{INT64_MAX};  // bytes that operator new has given

[[noreturn]] void broken(const char* what, int64_t got, int64_t allowed) {
  most = INT64_MAX;
  std::fprintf(stderr, "fuzz: %s: %lld, but at most %lld is allowed\n", what, static_cast<long long>(got),
               static_cast<long long>(allowed));
  std::abort();
}

// Stops at the allocation that is too much: the stack trace shows who asked for it.
void count(int64_t bytes) {
  const int64_t now = live += bytes;
  if (now > most) broken("bytes on the heap", now, most);
  if (now > peak) peak = now;
}

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void check_message(const std::string& message) {
  const size_t unit = message.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789");
  scangrad_fuzz::require(unit != 0 && unit != std::string::npos && message.compare(unit, 2, ": ") == 0,
                         "the message begins with no unit: " + message);
  scangrad_fuzz::require(message == scangrad::printable(message), "the message is no printable line: " + message);
  scangrad_fuzz::require(message.size() <= kLongestMessage, "the message is long: " + message);
}

}  // namespace

void* operator new(size_t bytes) {
  if (static_cast<int64_t>(bytes) > most) broken("bytes asked for at once", static_cast<int64_t>(bytes), most);
  void* const data = std::malloc(bytes);
  if (data == nullptr) throw std::bad_alloc();
  count(static_cast<int64_t>(malloc_usable_size(data)));
  return data;
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept try {
  return operator new(bytes);
} catch (const std::bad_alloc&) {
  return nullptr;
}
void operator delete(void* data) noexcept {
  live -= static_cast<int64_t>(malloc_usable_size(data));
  std::free(data);
}
void operator delete(void* data, size_t) noexcept {
  operator delete(data);
}

namespace scangrad_fuzz {

void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s\n", what.c_str());
  std::abort();
}

std::string path_of(const std::string& name) {
  static const scangrad::TemporaryFolder folder;
  return folder.file(name);
}

std::string file_of(std::string_view content, const std::string& name) {
  const std::string path = path_of(name);
  scangrad::write_file(path, std::string(content));
  return path;
}

}  // namespace scangrad_fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  scangrad::find_room_for_gemm();  // kept for all inputs
  const std::string input(reinterpret_cast<const char*>(data), size);
  const int64_t allowed = kTimes * static_cast<int64_t>(size) + kFree, before = live;
  scangrad::release_unused_memory();
  scangrad::reset_peak_memory();
  const int64_t pooled_before = scangrad::memory_stats().live;
  const double start = processor_seconds();
  peak = before;
  most = before + allowed;
  try {
    scangrad_fuzz::fuzz(input);
  } catch (const scangrad::Error& error) {
    most = INT64_MAX;
    check_message(error.what());
  }
  most = INT64_MAX;
  const double seconds = processor_seconds() - start;
  if (seconds > kSeconds)
    broken("milliseconds", static_cast<int64_t>(1e3 * seconds), static_cast<int64_t>(1e3 * kSeconds));
  const int64_t taken = peak - before + scangrad::memory_stats().peak - pooled_before;
  if (taken > allowed) broken("bytes on the heap and in the pool", taken, allowed);
  return 0;
}
