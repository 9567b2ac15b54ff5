// The scalar type of the whole library, and what tells its two builds apart.
//
// Everything is compiled once with float and once, where hand-written gradients are judged by central differences, with
// double. An inline namespace, scangrad::f32 or scangrad::f64, keeps the symbols of the two builds apart, so that one
// program may link both. User code writes scangrad::Tensor and never names it. The namespace is declared inline here;
// every other file reopens it by its plain name, a form that ctags and editors can read.
#pragma once

#include <cstdint>

#if defined(SCANGRAD_DOUBLE)
#define SCANGRAD_PRECISION f64
#else
#define SCANGRAD_PRECISION f32
#endif

#define SCANGRAD_API __attribute__((visibility("default")))

#if defined(__clang__)
#pragma clang diagnostic ignored "-Winline-namespace-reopened-noninline"
#endif

namespace scangrad {
inline namespace SCANGRAD_PRECISION {}
}  // namespace scangrad

namespace scangrad::SCANGRAD_PRECISION {

#if defined(SCANGRAD_DOUBLE)
using real = double;
inline constexpr bool kDouble = true;
#else
using real = float;
inline constexpr bool kDouble = false;
#endif

}  // namespace scangrad::SCANGRAD_PRECISION
