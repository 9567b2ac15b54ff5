// The linear recurrence of scan.h with boundaries between sequences, either direction of time, and long sequences of
// few channels cut into pieces that run in parallel.
//
//   h[t] = a[t] * h[t-1] + x[t], restarted from its own row of h0 wherever a sequence begins
//
// Equal to scan() applied to each sequence alone: to the last bit below 16,384 steps or from 256 channels on, to
// rounding where a sequence is cut. Packed, padded and separate sequences always agree to the last bit. kReverse runs
// time from each sequence's end to its begin, without a flipped copy.
//
// Shapes: a, x (B, T, D); h0 (S, D) with one row for each sequence of `at` (B without boundaries), or undefined for
// zeros; result (B, T, D), zero at padding. Keeps a, h, h0. Errors: shapes that disagree, boundaries that do not fit.
// Source: arXiv 2410.01201, section 2.3; the cut is Blelloch, "Prefix Sums and Their Applications", 1990, with one
// level.
#pragma once

#include "../core/tensor.h"
#include "boundaries.h"

namespace scangrad::inline SCANGRAD_PRECISION {

SCANGRAD_API Tensor chunked_scan(const Tensor& a, const Tensor& x, const Tensor& h0 = {}, const Boundaries& at = {},
                                 Direction direction = Direction::kForward);

}  // namespace scangrad::inline SCANGRAD_PRECISION
