// The scalar type of the whole library, and what tells its two builds apart.
//
// Everything is compiled once with float and once, where hand-written gradients are judged by central differences, with
// double. The inline namespace keeps the two builds' symbols apart, so that one program may link both; user code writes
// scangrad::Tensor and never names it.
#pragma once

#include <cstdint>

#if defined(SCANGRAD_DOUBLE)
#define SCANGRAD_PRECISION f64
#else
#define SCANGRAD_PRECISION f32
#endif

#define SCANGRAD_API __attribute__((visibility("default")))

namespace scangrad::inline SCANGRAD_PRECISION {

#if defined(SCANGRAD_DOUBLE)
using real = double;
inline constexpr bool kDouble = true;
#else
using real = float;
inline constexpr bool kDouble = false;
#endif

}  // namespace scangrad::inline SCANGRAD_PRECISION
