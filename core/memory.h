// Pooled, 64-byte-aligned memory.
//
// A buffer has a size class (four classes for each doubling, so at most a fifth is wasted). A freed buffer goes to the
// free list of its class: a training loop asks the system for memory in its first steps only. Buffers of 2 MiB and more
// lie on huge pages; before the system is asked, a free one that is up to 1.5 times as large is used. Every function
// here may be called from any thread.
//
// Errors: the system has no more memory, or the limit is reached; the message has the bytes asked for and the bytes in
// use. Freeing a buffer needs no memory, so the cleaning up after such an error cannot fail.
#pragma once

#include <cstddef>

#include "real.h"

namespace scangrad::SCANGRAD_PRECISION {

inline constexpr size_t kAlignment = 64;

// Owns memory of the pool, uninitialised. Movable, not copyable.
class SCANGRAD_API Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t bytes);
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();

  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  void* data_ = nullptr;
  size_t bytes_ = 0;
  int class_ = 0;
};

// A typed buffer for the length of a scope: the working memory of kernels.
template <class T>
class Scratch {
 public:
  explicit Scratch(int64_t count) : buffer_(static_cast<size_t>(count) * sizeof(T)) {}
  T* data() const { return static_cast<T*>(buffer_.data()); }
  T& operator[](int64_t i) const { return data()[i]; }

 private:
  Buffer buffer_;
};

struct MemoryStats {
  int64_t live = 0;             // bytes in use now, each buffer counted with the size of its class
  int64_t peak = 0;             // largest `live` since the start or the last reset_peak_memory()
  int64_t reserved = 0;         // bytes taken from the system, free lists included
  int64_t system_requests = 0;  // how often the system was asked
};

SCANGRAD_API MemoryStats memory_stats();
SCANGRAD_API void reset_peak_memory();
// Returns the free lists to the system.
SCANGRAD_API void release_unused_memory();
// The most bytes to take from the system; 0, the default, is no limit. Some systems and containers kill a process that
// takes too much: a lower limit here turns this into an error. Errors: a negative limit.
SCANGRAD_API void limit_memory(int64_t bytes);

}  // namespace scangrad::SCANGRAD_PRECISION
