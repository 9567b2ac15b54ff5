// bf16: a float without its lower 16 bits. It has the range of a float and 8 bits of precision.
//
//   to_bf16(x)          the nearest bf16, of two that are equally near the even one; NaN stays NaN
//   from_bf16(b)        exact
//   round_to_bf16(x)    from_bf16(to_bf16(x))
//   bf16_pair(x, y)     both in the 32 bits of a float, which is not a number by itself: low_half, high_half
//
// The product of two bf16 numbers is exact in float. A loop over these functions becomes vector code.
#pragma once

#include <bit>
#include <cstdint>

#include "../real.h"

namespace scangrad::SCANGRAD_PRECISION {

inline uint16_t to_bf16(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  const uint32_t rounded = bits + 0x7fff + (bits >> 16 & 1);
  const bool is_nan = (bits & 0x7fffffff) > 0x7f800000;
  return static_cast<uint16_t>((is_nan ? bits | 0x400000 : rounded) >> 16);
}

inline float from_bf16(uint16_t x) {
  return std::bit_cast<float>(uint32_t(x) << 16);
}

inline float round_to_bf16(float x) {
  return from_bf16(to_bf16(x));
}

inline float bf16_pair(float low, float high) {
  return std::bit_cast<float>(to_bf16(low) | uint32_t(to_bf16(high)) << 16);
}
inline float low_half(float pair) {
  return from_bf16(static_cast<uint16_t>(std::bit_cast<uint32_t>(pair)));
}
inline float high_half(float pair) {
  return from_bf16(static_cast<uint16_t>(std::bit_cast<uint32_t>(pair) >> 16));
}

}  // namespace scangrad::SCANGRAD_PRECISION
