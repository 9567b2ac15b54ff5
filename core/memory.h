// Pooled, 64-byte-aligned memory.
//
// Buffers come from size classes (four to each doubling, so at most a fifth is wasted) and return to a free list when
// dropped: a training loop asks the system for memory in its first steps only. Buffers of 2 MiB and more stand on huge
// pages, and take a free one that is up to half as large again before the system is asked. Every function here may be
// called from any thread.
//
// Errors: Error, naming the bytes asked for and the bytes live, when the system has no more or the limit is reached.
// Letting go of a buffer needs no memory, so that what failed for want of it is cleaned up like anything else.
#pragma once

#include <cstddef>

#include "real.h"

namespace scangrad::SCANGRAD_PRECISION {

inline constexpr size_t kAlignment = 64;

// Owns uninitialised memory of the pool. Movable, not copyable.
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

// A typed buffer for the length of a scope: what kernels use as working memory. Their callers make it, they never do.
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
  int64_t live = 0;             // bytes of the buffers' size classes now
  int64_t peak = 0;             // most bytes in buffers since the start or reset_peak_memory()
  int64_t reserved = 0;         // bytes held from the system, free lists included
  int64_t system_requests = 0;  // how often the system was asked for a buffer
};

SCANGRAD_API MemoryStats memory_stats();
SCANGRAD_API void reset_peak_memory();
// Gives the free lists back to the system.
SCANGRAD_API void release_unused_memory();
// The most bytes to hold from the system; 0, as at the start: as many as there are. Where a system or a container ends
// the process that takes too much, a limit below that makes it an error. Errors: a negative limit.
SCANGRAD_API void limit_memory(int64_t bytes);

}  // namespace scangrad::SCANGRAD_PRECISION
