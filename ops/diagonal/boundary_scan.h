// The linear recurrence of ops/scan.h with boundaries between sequences, in either direction of time.
//
//   h[t] = a[t] * h[t-1] + b[t]      at the first step of a sequence, h[t-1] is the sequence's own row of h0
//
// The results have the same bits as scan() applied to each sequence alone. So packed, padded and separate sequences
// agree to the last bit, and the number of threads does not matter. The steps run in order, as in scan(); one long
// sequence keeps several threads busy too, because only a short part of each step waits (diagonal_scan.h).
//
// Shapes: a, b (B, T, D); h0 (S, D) with one row for each sequence of `at` (B without boundaries), or undefined for
// zeros; result (B, T, D), zero at padding. Keeps a, h, h0. Errors: shapes that disagree, boundaries that do not fit.
// Source: arXiv 2410.01201, section 2.3.
#pragma once

#include "../../core/tensor.h"
#include "../boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor boundary_scan(const Tensor& a, const Tensor& b, const Tensor& h0 = {}, const Boundaries& at = {});

}  // namespace scangrad::SCANGRAD_PRECISION
