// minGRU's gates and recurrence in one pass over the joint projection.
//
//   [v, k] = projection[t]      z = sigmoid(k)      c = g(v) or v
//   forward     h[t] = (1 - z) * h[t-1] + z * c                                     h[-1] = h0
//   backward    s[t] = dh[t] + (1 - z[t+1]) * s[t+1]
//               dk = s * (c - h[t-1]) * z * (1 - z)      dv = s * z * c'(v)      dh0 = (1 - z[0]) * s[0]
//
// In the recurrence of ops/scan.h this is a = 1 - z and b = z * c. The projection is read in place, and the gates are
// recomputed in backward; with 512 channels or more, h is recomputed too. Equal to the composed ops (sigmoid, g, scan)
// to rounding; 1 - z is computed as sigmoid(-k), which keeps its digits when the gate is open.
//
// Shapes: projection (B, T, 2E) with the candidate first and the gate second; h0 (S, E), one row for each sequence of
// `at`, or undefined for zeros; result (B, T, E). Keeps projection, h0, and h below 512. Errors: shapes that disagree,
// an odd number of channels, boundaries that do not fit. Source: arXiv 2410.01201, section 3.1 and appendix A.1; the
// order of the projection is the released code's.
#pragma once

#include "../../core/tensor.h"
#include "../boundaries.h"
#include "candidate.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor min_gru_scan(const Tensor& projection, const Tensor& h0 = {}, Candidate candidate = Candidate::kG,
                                 const Boundaries& at = {});

}  // namespace scangrad::SCANGRAD_PRECISION
