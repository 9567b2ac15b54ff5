// Internal: 1 / sqrt(mean of v^2 + eps) over the D numbers value(d) of a row, for every norm of rows.
//
// Squares leave the range of a real long before numbers do: of such a row, which is rare, they are taken again in a
// unit that keeps them inside. 0 where mean and eps are 0.
#pragma once

#include <cmath>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

template <class Value>
real mean_square(int64_t D, Value value) {
  real squares = 0;
#pragma omp simd reduction(+ : squares)
  for (int64_t d = 0; d < D; ++d) squares += value(d) * value(d);
  return squares / static_cast<real>(D);
}

// Out of line, for the sake of the loops around it.
template <class Value>
[[gnu::noinline]] real inverse_rms_in_unit(int64_t D, real eps, real unit, Value value) {
  const real mean = mean_square(D, [=](int64_t d) { return value(d) * unit; }) + eps * unit * unit;
  return mean == 0 ? 0 : unit / std::sqrt(mean);
}

template <class Value>
real inverse_rms(int64_t D, real eps, Value value) {
  constexpr auto kLeast = static_cast<real>(kDouble ? 0x1p-768 : 0x1p-96);
  constexpr auto kUnit = static_cast<real>(kDouble ? 0x1p+576 : 0x1p+72);
  const real mean = mean_square(D, value) + eps;
  if (mean > kLeast && mean < 1 / kLeast) [[likely]]
    return 1 / std::sqrt(mean);
  return inverse_rms_in_unit(D, eps, mean < 1 ? kUnit : 1 / kUnit, value);
}

}  // namespace scangrad::SCANGRAD_PRECISION
