// minLSTM's gates and recurrence in one pass over the joint projection.
//
//   [v, kf, ki] = projection[t]      f = sigmoid(kf)      i = sigmoid(ki)      c = g(v) or v
//   forward     h[t] = keep * h[t-1] + write * c                                    h[-1] = h0
//               plain        keep = f             write = i
//               normalised   keep = f / (f + i)   write = i / (f + i): keep + write = 1, so the state keeps its scale
//   backward    s[t] = dh[t] + keep[t+1] * s[t+1]                 dh0 = keep[0] * s[0]   dv = s * write * c'(v)
//               plain        dkf = s * h[t-1] * f * (1 - f)       dki = s * c * i * (1 - i)
//               normalised   r = s * (c - h[t-1]) * keep * write  dkf = -r * (1 - f)     dki = r * (1 - i)
//
// The normalised gates are computed without dividing by f + i, which vanishes when both gates close: with
// p = 1 + exp(-kf) and q = 1 + exp(-ki), both scaled so that they do not overflow, keep = q / (p + q) and
// write = p / (p + q).
// The projection is read in place, and the gates are recomputed in backward; with 512 channels or more, h is
// recomputed too.
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
