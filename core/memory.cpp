#include "memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>

#include "check.h"

// clang has a feature test where g++ has a macro.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#endif

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr size_t kHugePage = size_t(2) << 20;
constexpr int kClasses = 4 * 64;
constexpr size_t kMostBytes = size_t(1) << 62;  // more than any system has; larger sizes would overflow below

// Class c holds buffers of (4 + c % 4) << (c / 4) bytes, times 16.
size_t class_bytes(int c) {
  return static_cast<size_t>(4 + c % 4) << (c / 4) << 4;
}

int class_of(size_t bytes) {
  const size_t units = (bytes + 15) / 16;
  if (units <= 4) return 0;
  const int shift = static_cast<int>(std::bit_width(units - 1)) - 3;
  return 4 * shift + static_cast<int>((units - 1) >> shift) - 4 + 1;
}

void* system_allocate(size_t bytes) {
  if (bytes < kHugePage) {
    void* const data = std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
#if defined(__SANITIZE_ADDRESS__)
    // Free blocks are poisoned, so the leak detector cannot follow the list from one to the next.
    __lsan_ignore_object(data);
#endif
    return data;
  }
  // Map more than needed, then cut at the boundaries of huge pages.
  const size_t room = bytes + kHugePage;
  void* const mapped = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  char* const raw = static_cast<char*>(mapped);
  const size_t before = (kHugePage - reinterpret_cast<uintptr_t>(raw) % kHugePage) % kHugePage;
  if (before > 0) munmap(raw, before);
  if (kHugePage > before) munmap(raw + before + bytes, kHugePage - before);
  madvise(raw + before, bytes, MADV_HUGEPAGE);
  return raw + before;
}

// Tells the address sanitizer, which knows nothing of the pool, that only the first `used` bytes may be touched.
void allow([[maybe_unused]] void* data, [[maybe_unused]] size_t used, [[maybe_unused]] size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
  ASAN_POISON_MEMORY_REGION(data, bytes);
  ASAN_UNPOISON_MEMORY_REGION(data, used);
#endif
}

void system_release(void* data, size_t bytes) {
  allow(data, bytes, bytes);
  if (bytes < kHugePage)
    std::free(data);
  else
    munmap(data, bytes);
}

// Memory for a buffer. Its class may be larger than the class of the buffer's size.
struct Block {
  void* data;
  int c;
};

class Pool {
 public:
  Block take(size_t bytes) {
    const int least = class_of(std::min(bytes, kMostBytes));
    const size_t rounded = class_bytes(least);
    const std::lock_guard lock(mutex_);
    const int c = free_class(least);
    void* data = nullptr;
    if (free_[static_cast<size_t>(c)] != nullptr) {
      data = pop(c);
    } else {
      const auto is_allowed = [&] {
        return limit_ == 0 || rounded <= static_cast<uint64_t>(std::max<int64_t>(limit_ - stats_.reserved, 0));
      };
      if (is_allowed()) data = system_allocate(rounded);
      if (data == nullptr) {  // try again without free lists
        release();
        if (is_allowed()) data = system_allocate(rounded);
      }
      check(is_allowed() || data != nullptr,
            "memory: {} bytes were asked for, but the limit is {} ({} bytes are in use)", bytes, limit_, stats_.live);
      check(data != nullptr, "memory: {} bytes were asked for, but the system has no more ({} bytes are in use)", bytes,
            stats_.live);
      stats_.reserved += static_cast<int64_t>(rounded);
      ++stats_.system_requests;
    }
    stats_.live += static_cast<int64_t>(rounded);
    stats_.peak = std::max(stats_.peak, stats_.live);
    allow(data, bytes, class_bytes(c));
    return {data, c};
  }

  void give(const Block& block, size_t bytes) {
    const std::lock_guard lock(mutex_);
    push(block.c, block.data);
    stats_.live -= static_cast<int64_t>(class_bytes(class_of(bytes)));
  }

  MemoryStats stats() {
    const std::lock_guard lock(mutex_);
    return stats_;
  }

  void reset_peak() {
    const std::lock_guard lock(mutex_);
    stats_.peak = stats_.live;
  }

  void release_unused() {
    const std::lock_guard lock(mutex_);
    release();
  }

  void limit(int64_t bytes) {
    const std::lock_guard lock(mutex_);
    limit_ = bytes;
  }

 private:
  // The free list is kept in the free blocks themselves, so freeing needs no memory.
  struct Free {
    Free* next;
  };

  void push(int c, void* data) {
    Free*& first = free_[static_cast<size_t>(c)];
    allow(data, sizeof(Free), class_bytes(c));
    first = new (data) Free{first};
    allow(data, 0, class_bytes(c));
  }

  void* pop(int c) {
    Free*& first = free_[static_cast<size_t>(c)];
    Free* const block = first;
    allow(block, sizeof(Free), class_bytes(c));
    first = block->next;
    return block;
  }

  // The smallest class with a free block, up to 1.5 times the size of class `least`; `least` if there is none.
  int free_class(int least) const {
    const int most = class_bytes(least) < kHugePage ? least : least + 2;
    for (int c = least; c <= most; ++c)
      if (free_[static_cast<size_t>(c)] != nullptr) return c;
    return least;
  }

  void release() {
    for (int c = 0; c < kClasses; ++c)
      while (free_[static_cast<size_t>(c)] != nullptr) {
        system_release(pop(c), class_bytes(c));
        stats_.reserved -= static_cast<int64_t>(class_bytes(c));
      }
  }

  std::mutex mutex_;
  std::array<Free*, kClasses> free_{};
  MemoryStats stats_;
  int64_t limit_ = 0;
};

// Never destroyed, because static buffers may be freed after any other static object.
Pool& pool() {
  static Pool* const instance = new Pool;
  return *instance;
}

}  // namespace

Buffer::Buffer(size_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  const Block block = pool().take(bytes);
  data_ = block.data;
  class_ = block.c;
}

Buffer::Buffer(Buffer&& other) noexcept {
  *this = std::move(other);
}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  std::swap(class_, other.class_);
  return *this;
}

Buffer::~Buffer() {
  if (data_ != nullptr) pool().give({data_, class_}, bytes_);
}

MemoryStats memory_stats() {
  return pool().stats();
}
void reset_peak_memory() {
  pool().reset_peak();
}
void release_unused_memory() {
  pool().release_unused();
}
void limit_memory(int64_t bytes) {
  check(bytes >= 0, "memory: limit is {}, but at least 0 is needed", bytes);
  pool().limit(bytes);
}

}  // namespace scangrad::SCANGRAD_PRECISION
