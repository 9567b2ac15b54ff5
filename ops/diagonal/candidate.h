// The candidate state of minGRU and minLSTM as a function of its pre-activation v, and the derivative.
//
//   kG          g(v) = v + 1/2 for v >= 0, sigmoid(v) below: positive, so that the paper's log-space form exists
//   kIdentity   v itself, as in the paper's vanilla form
//
// Source: arXiv 2410.01201, appendix B.2.1.
#pragma once

#include "../../core/kernels/vec_math.h"

namespace scangrad::SCANGRAD_PRECISION {

enum class Candidate { kG, kIdentity };

struct ValueAndSlope {
  real value, slope;
};

// e = exp(-|v|) where the candidate needs it. Value and slope follow from e and the inverse of 1 + e, which a gate
// computes together with the inverses of its own: one division for all of them.
template <Candidate candidate>
inline real candidate_decay(real v) {
  return candidate == Candidate::kG ? vdecay(-std::fabs(v)) : real(0);
}
template <Candidate candidate>
inline ValueAndSlope apply_candidate(real v, real e, real inverse) {
  if constexpr (candidate == Candidate::kIdentity) return {v, 1};
  const real low = e * inverse;
  return {v < 0 ? low : v + real(0.5), v < 0 ? low * inverse : real(1)};
}

}  // namespace scangrad::SCANGRAD_PRECISION
