// Stores that go past the caches, for results too large to be found there later.
//
//   stream(to, from, n);        // copies n reals
//   finish_streams();           // once, by the thread that streamed, before others read
//
// A plain store first reads the line that it changes; one that goes past the caches does not, and leaves them to what
// is read. Where the machine has no such stores, or an address is not a multiple of 16 bytes, stream() is a plain copy.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../real.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace scangrad::SCANGRAD_PRECISION {

// From so many bytes on a result is not found in a cache by who reads it next.
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
