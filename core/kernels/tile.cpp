#include "tile.h"

#include <cmath>
#include <cstring>

#include "bf16.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kRows = Tile::kRows, kColumns = Tile::kColumns;

#if defined(__x86_64__)

// `vectors` is the number of vectors of 16 columns. One word of A is read for all of them. The compiler uses the
// instruction for bf16 only where the code names it, so the tile of floats needs AVX-512 alone.
template <int64_t vectors, bool pairs>
__attribute__((target("avx512f,avx512bf16"))) void wide_tile(float* sums, const float* a, const float* b,
                                                             int64_t steps) {
  __m512 acc[kRows][vectors];
  for (int64_t r = 0; r < kRows; ++r)
    for (int64_t v = 0; v < vectors; ++v) acc[r][v] = _mm512_setzero_ps();
  for (int64_t s = 0; s < steps; ++s) {
    __m512 y[vectors];
    for (int64_t v = 0; v < vectors; ++v) y[v] = _mm512_loadu_ps(b + s * kColumns + v * 16);
#pragma GCC unroll 14
    for (int64_t r = 0; r < kRows; ++r) {
      const __m512 x = _mm512_set1_ps(a[s * kRows + r]);
      for (int64_t v = 0; v < vectors; ++v) {
        if constexpr (pairs)
          acc[r][v] = _mm512_dpbf16_ps(acc[r][v], (__m512bh)x, (__m512bh)y[v]);
        else
          acc[r][v] = _mm512_fmadd_ps(x, y[v], acc[r][v]);
      }
    }
  }
  for (int64_t r = 0; r < kRows; ++r)
    for (int64_t v = 0; v < vectors; ++v) _mm512_storeu_ps(sums + r * kColumns + v * 16, acc[r][v]);
}
#endif

}  // namespace

bool has_avx512() {
#if defined(__x86_64__) && !defined(SCANGRAD_WITHOUT_TILES)
  static const bool has = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0;
  return has;
#else
  return false;
#endif
}

bool has_bf16_instruction() {
#if defined(__x86_64__) && !defined(SCANGRAD_WITHOUT_TILES)
  static const bool has = __builtin_cpu_supports("avx512bf16") != 0;
  return has;
#else
  return false;
#endif
}

bool is_intel() {
#if defined(__x86_64__)
  static const bool is = __builtin_cpu_is("intel") != 0;
  return is;
#else
  return false;
#endif
}

void tile(float* sums, const float* a, const float* b, int64_t steps, int64_t columns, Operands operands) {
#if defined(__x86_64__)
  const bool two = columns > 16;
  if (operands == Operands::kPairs && has_bf16_instruction())
    return two ? wide_tile<2, true>(sums, a, b, steps) : wide_tile<1, true>(sums, a, b, steps);
  if (operands != Operands::kPairs && has_avx512())
    return two ? wide_tile<2, false>(sums, a, b, steps) : wide_tile<1, false>(sums, a, b, steps);
#endif
  (void)columns;
  plain_tile(sums, a, b, steps, operands);
}

void plain_tile(float* sums, const float* a, const float* b, int64_t steps, Operands operands) {
  for (int64_t r = 0; r < kRows; ++r) {
    float acc[kColumns] = {};
    for (int64_t s = 0; s < steps; ++s) {
      const float x = a[s * kRows + r];
      const float* const y = b + s * kColumns;
      for (int64_t j = 0; j < kColumns; ++j) {
        if (operands == Operands::kPairs) {
          acc[j] = std::fma(high_half(x), high_half(y[j]), acc[j]);
          acc[j] = std::fma(low_half(x), low_half(y[j]), acc[j]);
        } else {
          acc[j] = std::fma(x, y[j], acc[j]);
        }
      }
    }
    std::memcpy(sums + r * kColumns, acc, sizeof acc);
  }
}

}  // namespace scangrad::SCANGRAD_PRECISION
