// The scalar type of the whole library, and the namespaces of its two builds.
//
// Everything is compiled with float, and again with double, for tests that compare hand-written gradients with central
// differences. The symbols of the builds lie in two inline namespaces, scangrad::f32 and scangrad::f64, so that one
// program may link both. User code writes scangrad::Tensor and never names them. The namespace is declared inline here;
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
