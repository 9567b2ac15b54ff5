// minLSTM's gates and recurrence in one pass over the joint projection.
//
//   [v, kf, ki] = projection[t]      f = sigmoid(kf)      i = sigmoid(ki)      c = g(v) or v
//   forward     h[t] = a * h[t-1] + b * c                                           h[-1] = h0
//               plain        a = f             b = i
//               normalised   a = f / (f + i)   b = i / (f + i),  so that a + b = 1 and the state keeps its scale
//   backward    s[t] = dh[t] + a[t+1] * s[t+1]                    dh0 = a[0] * s[0]      dv = s * b * c'(v)
//               plain        dkf = s * h[t-1] * f * (1 - f)       dki = s * c * i * (1 - i)
//               normalised   r = s * (c - h[t-1]) * a * b         dkf = -r * (1 - f)     dki = r * (1 - i)
//
// With p = 1 + exp(-kf) and q = 1 + exp(-ki), both scaled so that they do not overflow, the normalised gates are
// a = q / (p + q) and b = p / (p + q): nothing is divided by f + i, which vanishes when both gates close.
// The projection is read in place; nothing of size (B, T, E) is kept but h, and from 512 channels on not even that.
//
// Shapes: projection (B, T, 3E) with candidate, forget gate, input gate; h0 (S, E), one row for each sequence of `at`,
// or undefined for zeros; result (B, T, E). Keeps projection, h0, and h below 512. Errors: shapes that disagree,
// channels not divisible by 3, boundaries that do not fit. Source: arXiv 2410.01201, section 3.2 and appendix A.2; the
// order of the projection is the released code's.
#pragma once

#include "../../core/tensor.h"
#include "../boundaries.h"
#include "candidate.h"

namespace scangrad::SCANGRAD_PRECISION {

enum class Gates { kPlain, kNormalised };

SCANGRAD_API Tensor min_lstm_scan(const Tensor& projection, const Tensor& h0 = {}, Gates gates = Gates::kPlain,
                                  Candidate candidate = Candidate::kG, const Boundaries& at = {});

}  // namespace scangrad::SCANGRAD_PRECISION
