// What the candidate state of minGRU and minLSTM goes through, and its derivative.
//
//   kG          g(v) = v + 1/2 for v >= 0, sigmoid(v) below: positive, so that the paper's log-space form exists
//   kIdentity   v itself, as in the paper's vanilla form
//
// Source: arXiv 2410.01201, appendix B.2.1.
#pragma once

#include "../core/vec_math.h"

namespace scangrad::inline SCANGRAD_PRECISION {

enum class Candidate { kG, kIdentity };

struct ValueAndSlope {
  real value, slope;
};

template <Candidate candidate>
inline ValueAndSlope apply_candidate(real v) {
  if constexpr (candidate == Candidate::kIdentity) return {v, 1};
  const real low = vsigmoid(v);
  return {v < 0 ? low : v + real(0.5), v < 0 ? low * (1 - low) : real(1)};
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
