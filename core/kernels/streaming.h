// Stores that bypass the caches, for results too large to stay in a cache.
//
//   stream(to, from, n);        // copies n reals
//   finish_streams();           // once, by the thread that streamed, before other threads read
//
// A plain store first loads the cache line that it changes. A streaming store does not, and leaves the caches to other
// data. If the machine has no such stores, or `to` is not a multiple of 16 bytes, stream() is a plain copy.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../real.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace scangrad::SCANGRAD_PRECISION {

// A result of at least this many bytes is no longer in a cache when the next op reads it.
inline constexpr int64_t kStreamedBytes = int64_t(16) << 20;

inline void stream(real* to, const real* from, int64_t n) {
#if defined(__SSE2__)
  constexpr int64_t kReals = sizeof(__m128i) / sizeof(real);
  if (reinterpret_cast<uintptr_t>(to) % sizeof(__m128i) == 0 && n % kReals == 0) {
    for (int64_t i = 0; i < n; i += kReals)
      _mm_stream_si128(reinterpret_cast<__m128i*>(to + i), _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i)));
    return;
  }
#endif
  std::copy_n(from, n, to);
}

inline void finish_streams() {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

}  // namespace scangrad::SCANGRAD_PRECISION
