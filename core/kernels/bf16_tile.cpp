#include "bf16_tile.h"

#include <cmath>
#include <cstring>

#include "bf16.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kRows = 14, kColumns = 32;

#if defined(__x86_64__)
// Each step is a multiply-add of 16 pairs. One row of A is read for all `vectors` of 16 columns. The sums need 14 * 2
// of 32 registers.
template <int64_t vectors>
__attribute__((target("avx512f,avx512bf16"))) void tile(float* sums, const uint32_t* a, const uint32_t* b,
                                                        int64_t pairs) {
  __m512 acc[kRows][vectors];
  for (int64_t r = 0; r < kRows; ++r)
    for (int64_t v = 0; v < vectors; ++v) acc[r][v] = _mm512_setzero_ps();
  for (int64_t p = 0; p < pairs; ++p) {
    __m512bh y[vectors];
    for (int64_t v = 0; v < vectors; ++v) y[v] = (__m512bh)_mm512_loadu_si512(b + p * kColumns + v * 16);
#pragma GCC unroll 14
    for (int64_t r = 0; r < kRows; ++r) {
      const __m512bh x = (__m512bh)_mm512_set1_epi32(static_cast<int>(a[p * kRows + r]));
      for (int64_t v = 0; v < vectors; ++v) acc[r][v] = _mm512_dpbf16_ps(acc[r][v], x, y[v]);
    }
  }
  for (int64_t r = 0; r < kRows; ++r)
    for (int64_t v = 0; v < vectors; ++v) _mm512_storeu_ps(sums + r * kColumns + v * 16, acc[r][v]);
}
#endif

float low_half(uint32_t pair) {
  return from_bf16(static_cast<uint16_t>(pair));
}
float high_half(uint32_t pair) {
  return from_bf16(static_cast<uint16_t>(pair >> 16));
}

}  // namespace

bool has_bf16_instruction() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("avx512bf16") != 0;
  return has;
#else
  return false;
#endif
}

void bf16_tile(float* sums, const uint32_t* a, const uint32_t* b, int64_t pairs, int64_t columns) {
#if defined(__x86_64__)
  if (has_bf16_instruction()) return columns > 16 ? tile<2>(sums, a, b, pairs) : tile<1>(sums, a, b, pairs);
#endif
  (void)columns;
  plain_bf16_tile(sums, a, b, pairs);
}

void plain_bf16_tile(float* sums, const uint32_t* a, const uint32_t* b, int64_t pairs) {
  for (int64_t r = 0; r < kRows; ++r) {
    float acc[kColumns] = {};
    for (int64_t p = 0; p < pairs; ++p) {
      const uint32_t x = a[p * kRows + r];
      const uint32_t* const y = b + p * kColumns;
      for (int64_t j = 0; j < kColumns; ++j) {
        acc[j] = std::fma(high_half(x), high_half(y[j]), acc[j]);
        acc[j] = std::fma(low_half(x), low_half(y[j]), acc[j]);
      }
    }
    std::memcpy(sums + r * kColumns, acc, sizeof acc);
  }
}

}  // namespace scangrad::SCANGRAD_PRECISION
