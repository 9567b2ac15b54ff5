// Internal: gelu of one number and its slope, for every kernel that needs them.
//
//   gelu(x) = x Phi(x)        slope  Phi(x) + x phi(x)        Phi, phi: the normal distribution and its density
#pragma once

#include "../core/kernels/vec_math.h"

namespace scangrad::SCANGRAD_PRECISION {

inline real gelu_value(real x) {
  return x * vnormal_cdf(x);
}

inline real gelu_slope(real x) {
  const real density = real(0.39894228040143267794) * vexp(real(-0.5) * x * x);
  return vnormal_cdf(x) + x * density;
}

}  // namespace scangrad::SCANGRAD_PRECISION
