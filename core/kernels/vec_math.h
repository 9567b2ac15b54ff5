// Elementary functions for kernels, without branches, so that a loop over them becomes vector code.
//
// In float the error is at most 2 ulp (vgate: 3), or 3 on machines without a fused multiply-add; the test measures it
// over the whole range. Infinities, denormals and NaN are treated as in the C library, except at the lower end of
// vdecay and vgate. A vector loop and a scalar loop give the same bits, because the compiler may not contract and every
// fused multiply-add is written out. In double these are the functions of the C library: the double build is for
// checking gradients, where speed does not matter.
//
//   vexp(x), vlog(x)
//   vdecay(x)    = exp(x) for x <= 0 with half the work, for gates; in float it is exp(-80) = 1.8e-35 for x < -80
//   vsigmoid(x)  = 1 / (1 + exp(-x))
//   vgate(x)     = vsigmoid(x) with two thirds of the work, for gates; in float it is never below exp(-80), and for
//                  x > -80 it is within 3 ulp
//   vsoftplus(x) = log(1 + exp(x))
//   vtanh(x)
//   vnormal_cdf(x) = (1 + erf(x / sqrt(2))) / 2, absolute error at most 2^-23
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "../real.h"

namespace scangrad::SCANGRAD_PRECISION {

// Whether the machine multiplies and adds with one rounding.
#if defined(__FMA__) || defined(__aarch64__)
inline constexpr bool kFused = true;
#else
inline constexpr bool kFused = false;
#endif

// a * b + c, rounded once if the machine can.
inline real madd(real a, real b, real c) {
  return kFused ? std::fma(a, b, c) : a * b + c;
}

#if defined(SCANGRAD_DOUBLE)

inline double vexp(double x) {
  return std::exp(x);
}
inline double vdecay(double x) {
  return std::exp(x);
}
inline double vlog(double x) {
  return std::log(x);
}
inline double vtanh(double x) {
  return std::tanh(x);
}
inline double vsigmoid(double x) {
  const double e = std::exp(-std::fabs(x));
  return (x < 0 ? e : 1.0) / (1 + e);
}
inline double vgate(double x) {
  return vsigmoid(x);
}
inline double vsoftplus(double x) {
  return (x > 0 ? x : 0.0) + std::log1p(std::exp(-std::fabs(x)));
}
inline double vnormal_cdf(double x) {
  return 0.5 * std::erfc(-x * 0.70710678118654752440);
}

#else

namespace detail {

inline constexpr float kLog2e = 0x1.715476p+0f;
inline constexpr float kLn2High = 0x1.62e4p-1f;  // few bits, so that n * kLn2High is exact
inline constexpr float kLn2Low = 0x1.7f7d1cp-20f;
inline constexpr float kRound = 0x1.8p+23f;  // adding it leaves the nearest integer in the low bits

inline float from_bits(int32_t bits) {
  return std::bit_cast<float>(bits);
}
inline int32_t to_bits(float x) {
  return std::bit_cast<int32_t>(x);
}
inline float power_of_two(int32_t k) {
  return from_bits((k + 127) << 23);
}

template <class... Rest>
inline float horner(float, float c) {
  return c;
}
template <class... Rest>
inline float horner(float x, float c, Rest... rest) {
  return madd(horner(x, rest...), x, c);
}

// x = n ln 2 + r with |r| <= ln 2 / 2; the lowest bits of `shifted` are those of n.
struct Reduced {
  float shifted, r;
  int32_t n() const { return to_bits(shifted) - to_bits(kRound); }
};
inline Reduced reduce(float x) {
  const float shifted = madd(x, kLog2e, kRound);
  const float n = shifted - kRound;
  return {shifted, madd(n, -kLn2Low, madd(n, -kLn2High, x))};
}

// exp(r) - 1 for |r| <= ln 2 / 2.
inline float expm1_reduced(float r) {
  const float p = horner(r, 0x1.fffffep-2f, 0x1.5554aep-3f, 0x1.555676p-5f, 0x1.122886p-7f, 0x1.6bebd8p-10f);
  return madd(r * r, p, r);
}

// numerator / (a + b) for |a| >= |b|, rounded about once: the rounding errors of sum and quotient are corrected.
inline float divide(float numerator, float a, float b) {
  const float sum = a + b;
  const float lost = b - (sum - a);
  const float inverse = 1.0f / sum;
  const float q = numerator * inverse;
  return madd(madd(-q, sum, numerator) - q * lost, inverse, q);
}

}  // namespace detail

inline float vexp(float x) {
  const float low = x < -104.0f ? -104.0f : x;  // written so that NaN passes
  const detail::Reduced reduced = detail::reduce(low > 89.0f ? 89.0f : low);
  const int32_t half = reduced.n() >> 1;  // two factors reach the denormals and infinity
  return (1.0f + detail::expm1_reduced(reduced.r)) * detail::power_of_two(half) *
         detail::power_of_two(reduced.n() - half);
}

inline float vdecay(float x) {
  const auto [shifted, r] = detail::reduce(x < -80.0f ? -80.0f : x);
  // n is added to the exponent; the shift drops the bits above it.
  const uint32_t exponent = std::bit_cast<uint32_t>(shifted) << 23;
  const float result = std::bit_cast<float>(std::bit_cast<uint32_t>(1.0f + detail::expm1_reduced(r)) + exponent);
  return x == x ? result : x;
}

// log(1 + f) for f in [sqrt(1/2) - 1, 1]: with s = f / (2 + f) and h = f^2 / 2,
//   log(1 + f) = 2 atanh(s) = f - (h - s (h + s^2 R(s^2))).
inline float vlog1p_reduced(float f) {
  const float s = f / (2.0f + f);
  const float z = s * s;
  const float r = z * detail::horner(z, 0x1.555556p-1f, 0x1.9999bep-2f, 0x1.248a56p-2f, 0x1.c8bc18p-3f, 0x1.5f301ep-3f,
                                     0x1.be4eecp-3f);
  const float h = 0.5f * f * f;
  return f - (h - s * (h + r));
}

inline float vlog(float x) {
  const bool denormal = x < 0x1p-126f;
  const float scaled = x * (denormal ? 0x1p+23f : 1.0f);
  const auto bits = std::bit_cast<uint32_t>(scaled);  // unsigned: for negative x the subtraction below wraps around
  const int32_t n = static_cast<int32_t>(bits - 0x3f3504f3u) >> 23;  // mantissa in [sqrt(1/2), sqrt(2))
  const float f = std::bit_cast<float>(bits - (static_cast<uint32_t>(n) << 23)) - 1.0f;
  const float e = static_cast<float>(n - (denormal ? 23 : 0));
  const float result = madd(e, detail::kLn2High, madd(e, detail::kLn2Low, vlog1p_reduced(f)));
  const float infinity = std::numeric_limits<float>::infinity();
  const float negative = x < 0.0f ? std::numeric_limits<float>::quiet_NaN() : x;
  const float special = x == 0.0f ? -infinity : negative;
  return static_cast<int>(x > 0.0f) & static_cast<int>(x < infinity) ? result : special;
}

inline float vsigmoid(float x) {
  const float e = vexp(-std::fabs(x));
  return detail::divide(x < 0.0f ? e : 1.0f, 1.0f, e);
}

inline float vgate(float x) {
  const float e = vdecay(-std::fabs(x));
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

inline float vsoftplus(float x) {
  return (x < 0.0f ? 0.0f : x) + vlog1p_reduced(vexp(-std::fabs(x)));
}

// tanh(x) = m / (m + 2) with m = exp(2x) - 1, which stays exact near 0.
inline float vtanh(float x) {
  const float magnitude = std::fabs(x);
  const detail::Reduced reduced = detail::reduce(2.0f * (magnitude > 10.0f ? 10.0f : magnitude));
  const float scale = detail::power_of_two(reduced.n());
  const float m = madd(scale, detail::expm1_reduced(reduced.r), scale - 1.0f);
  return std::copysign(detail::divide(m, 2.0f, m), x);
}

inline float vnormal_cdf(float x) {
  const float u = std::fabs(x) * 0x1.6a09e6p-1f;
  const float z = u * u;
  const float near = u * detail::horner(z, 0x1.20dd74p+0f, -0x1.81273ep-2f, 0x1.ce2cf8p-4f, -0x1.b7f90cp-6f,
                                        0x1.5405b2p-8f, -0x1.a3f6fcp-11f, 0x1.496a28p-14f);  // erf(u), u < 1
  const float t = 1.0f / (u + 1.0f);
  const float tail = vexp(-z) * t *
                     detail::horner(t, 0x1.20dc68p-1f, 0x1.2106f2p-1f, 0x1.1bb7d6p-2f, -0x1.efff42p-3f, -0x1.b502b0p-1f,
                                    -0x1.0527dap-3f, 0x1.d0f4a0p+1f, -0x1.37256ep+2f, 0x1.0fc734p+1f);  // erfc(u)
  const float lower = u < 1.0f ? 0.5f - 0.5f * near : 0.5f * tail;  // the value at -|x|
  return x < 0.0f ? lower : 1.0f - lower;
}

#endif

}  // namespace scangrad::SCANGRAD_PRECISION
