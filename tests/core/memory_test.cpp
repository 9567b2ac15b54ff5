#include "../../core/memory.h"

#include <atomic>
#include <cstring>
#include <thread>

#include "../testing.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

using namespace scangrad;

namespace {

int64_t live() {
  return memory_stats().live;
}

// Bytes that the pool counts for a buffer of this size.
int64_t taken(size_t bytes) {
  const int64_t before = live();
  const Buffer buffer(bytes);
  return live() - before;
}

}  // namespace

TEST_CASE("memory: buffers of every size are aligned to 64 bytes and can be filled") {
  std::vector<Buffer> held;
  const auto take = [&](size_t bytes) {
    const Buffer& buffer = held.emplace_back(bytes);
    CHECK(buffer.bytes() == bytes);
    CHECK(reinterpret_cast<uintptr_t>(buffer.data()) % kAlignment == 0);
    std::memset(buffer.data(), int(bytes % 251), bytes);
  };
  for (size_t bytes = 1; bytes < 600; ++bytes) take(bytes);
  for (size_t bytes = 600; bytes < (size_t(6) << 20); bytes += bytes / 3) take(bytes);
  for (const Buffer& buffer : held) {
    const auto* const data = static_cast<const unsigned char*>(buffer.data());
    const unsigned char value = buffer.bytes() % 251;
    CHECK(data[0] == value);
    CHECK(data[buffer.bytes() - 1] == value);
  }
}

TEST_CASE("memory: at most a fifth of a buffer is wasted") {
  const auto fits = [](size_t bytes) {
    const int64_t all = taken(bytes), waste = all - int64_t(bytes);
    return waste >= 0 && 5 * waste <= all + 5 * 15;  // counted in units of 16 bytes
  };
  for (size_t bytes = 300; bytes < 3000; ++bytes) REQUIRE(fits(bytes));
  for (size_t bytes = 3000; bytes < (size_t(100) << 20); bytes += bytes / 9 + 1)
    for (const size_t nearby : {bytes - 1, bytes, bytes + 1}) REQUIRE(fits(nearby));
  for (int shift = 9; shift < 27; ++shift) CHECK(taken(size_t(1) << shift) == int64_t(1) << shift);
}

TEST_CASE("memory: a freed buffer is used again without asking the system") {
  for (const size_t bytes : {size_t(1), size_t(100), size_t(70'000), size_t(3) << 20}) {
    { const Buffer first(bytes), second(bytes); }
    const MemoryStats before = memory_stats();
    for (int step = 0; step < 100; ++step) {
      const Buffer first(bytes), second(bytes - bytes / 100);
    }
    CHECK(memory_stats().system_requests == before.system_requests);
    CHECK(memory_stats().reserved == before.reserved);
    CHECK(memory_stats().live == before.live);
  }
}

TEST_CASE("memory: a large buffer uses a free block that is a little larger, and returns it to its own class") {
  release_unused_memory();
  constexpr size_t kMany = size_t(8) << 20;
  { const Buffer large(kMany); }
  const MemoryStats before = memory_stats();
  const auto requests = [&] { return memory_stats().system_requests - before.system_requests; };
  {
    const Buffer less(kMany / 4 * 3);
    CHECK(requests() == 0);
    CHECK(live() == before.live + int64_t(kMany / 4 * 3));
    std::memset(less.data(), 1, less.bytes());
    release_unused_memory();  // not the buffers in use
    std::memset(less.data(), 2, less.bytes());
    CHECK(memory_stats().reserved == before.reserved);
  }
  { const Buffer large(kMany); }
  CHECK(requests() == 0);
  const Buffer half(kMany / 2);
  CHECK(requests() == 1);
  { const Buffer small(size_t(5) << 18); }
  const Buffer smaller(size_t(1) << 20);
  CHECK(requests() == 3);
}

TEST_CASE("memory: live and peak bytes are counted") {
  reset_peak_memory();
  const MemoryStats start = memory_stats();
  CHECK(start.peak == start.live);
  {
    const Buffer a(4096);
    CHECK(live() == start.live + 4096);
    { const Buffer b(8192); }
    CHECK(live() == start.live + 4096);
  }
  CHECK(live() == start.live);
  CHECK(memory_stats().peak == start.live + 4096 + 8192);
  CHECK(memory_stats().reserved >= memory_stats().peak);
  reset_peak_memory();
  CHECK(memory_stats().peak == start.live);
}

TEST_CASE("memory: free lists go back to the system on request") {
  release_unused_memory();
  const MemoryStats before = memory_stats();
  CHECK(before.reserved == before.live);
  const Buffer held(64);
  { const Buffer small(5000), large(size_t(5) << 20); }
  CHECK(memory_stats().reserved > before.reserved + (5 << 20));
  CHECK(memory_stats().live == before.live + 64);
  release_unused_memory();
  CHECK(memory_stats().reserved == before.live + 64);
  CHECK(memory_stats().system_requests == before.system_requests + 3);
}

TEST_CASE("memory: a buffer can be moved, and its memory is freed once") {
  const int64_t before = live();
  Buffer a(4096);
  void* const data = a.data();
  Buffer b(std::move(a));
  CHECK(b.data() == data);
  CHECK(b.bytes() == 4096);
  CHECK(a.data() == nullptr);
  CHECK(a.bytes() == 0);
  b = Buffer(64);
  CHECK(live() == before + 64);
  b = Buffer();
  CHECK(live() == before);
}

TEST_CASE("memory: zero bytes cost nothing") {
  const MemoryStats before = memory_stats();
  const Buffer buffer(0);
  CHECK(buffer.data() == nullptr);
  CHECK(buffer.bytes() == 0);
  CHECK(memory_stats().live == before.live);
  CHECK(memory_stats().system_requests == before.system_requests);
}

TEST_CASE("memory: scratch is typed and lives as long as its scope") {
  const int64_t before = live();
  {
    const Scratch<double> scratch(512);
    scratch[511] = 3;
    CHECK(scratch.data()[511] == 3);
    CHECK(live() == before + 4096);
  }
  CHECK(live() == before);
}

TEST_CASE("memory: several threads allocate and free at the same time") {
  const int64_t before = live();
  std::atomic<int> mixed{0};  // how often a buffer held the marks of two threads
  std::vector<std::thread> workers;
  for (int w = 1; w <= 4; ++w)
    workers.emplace_back([&mixed, w] {
      Rng rng(3, uint64_t(w));
      std::vector<Buffer> held(8);
      for (int step = 0; step < 500; ++step) {
        Buffer& buffer = held[size_t(rng.below(8))];
        const auto* const data = static_cast<const unsigned char*>(buffer.data());
        for (size_t i = 0; i < buffer.bytes(); ++i) mixed += data[i] != w;
        buffer = Buffer(size_t(rng.below(300)));
        if (buffer.bytes() > 0) std::memset(buffer.data(), w, buffer.bytes());
      }
    });
  for (std::thread& worker : workers) worker.join();
  CHECK(mixed == 0);
  CHECK(live() == before);
}

TEST_CASE("memory: more than the system has is an error of one line, and no memory is lost") {
  const Buffer held(4096);
  reset_peak_memory();
  const MemoryStats before = memory_stats();
  const auto message = [&](const std::string& bytes) {
    return "memory: " + bytes + " bytes were asked for, but the system has no more (" + std::to_string(before.live) +
           " bytes are in use)";
  };
  CHECK(error_of([] { Buffer(size_t(1) << 50); }) == message("1125899906842624"));
  CHECK(error_of([] { Buffer(size_t(1) << 62); }) == message("4611686018427387904"));
  CHECK(error_of([] { Buffer(SIZE_MAX); }) == message("18446744073709551615"));
  CHECK(memory_stats().live == before.live);
  CHECK(memory_stats().peak == before.peak);
  CHECK(Buffer(100).data() != nullptr);
}

TEST_CASE("memory: more than the limit is an error, and free lists do not count") {
  release_unused_memory();
  const MemoryStats before = memory_stats();
  const int64_t limit = before.live + (int64_t(1) << 20);
  limit_memory(limit);
  std::string error;
  {
    const Buffer half(size_t(1) << 19);
    error = error_of([] { Buffer(size_t(1) << 20); });
  }
  CHECK(error == "memory: 1048576 bytes were asked for, but the limit is " + std::to_string(limit) + " (" +
                     std::to_string(before.live + (int64_t(1) << 19)) + " bytes are in use)");
  CHECK(Buffer(size_t(1) << 20).data() != nullptr);  // half of it is still in use
  limit_memory(0);
  CHECK(Buffer(size_t(4) << 20).data() != nullptr);
  CHECK(live() == before.live);
  CHECK(error_of([] { limit_memory(-1); }) == "memory: limit is -1, but at least 0 is needed");
}

#if defined(__SANITIZE_ADDRESS__)
TEST_CASE("memory: the address sanitizer knows where a buffer ends and when it was freed") {
  char* first = nullptr;
  {
    const Buffer buffer(100);
    first = static_cast<char*>(buffer.data());
    CHECK(__asan_region_is_poisoned(first, 100) == nullptr);
    CHECK(__asan_address_is_poisoned(first + 100));
  }
  CHECK(__asan_address_is_poisoned(first));
}
#endif
