// Internal: 1 / sqrt(mean of v^2 + eps) over the D numbers value(d) of a row, for every norm of rows.
//
// Squares leave the range of a real long before numbers do: of such a row, which is rare, they are taken again in a
// unit that keeps them inside. 0 where mean and eps are 0.
#pragma once

#include <cmath>
#include <limits>

#include "../core/real.h"

namespace scangrad::inline SCANGRAD_PRECISION {

template <class Value>
real mean_square(int64_t D, Value value) {
  real squares = 0;
#pragma omp simd reduction(+ : squares)
  for (int64_t d = 0; d < D; ++d) squares += value(d) * value(d);
  return squares / static_cast<real>(D);
}

template <class Value>
real inverse_rms(int64_t D, real eps, Value value) {
  constexpr int kReach = std::numeric_limits<real>::max_exponent;
  real mean = mean_square(D, value) + eps, unit = 1;
  if (const bool squares_fit =
          mean > std::ldexp(real(1), -kReach * 3 / 4) && mean < std::ldexp(real(1), kReach * 3 / 4);
      !squares_fit) [[unlikely]] {
    unit = std::ldexp(real(1), (mean < 1 ? kReach : -kReach) * 9 / 16);
    mean = mean_square(D, [=](int64_t d) { return value(d) * unit; }) + eps * unit * unit;
  }
  return mean == 0 ? 0 : unit / std::sqrt(mean);
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
