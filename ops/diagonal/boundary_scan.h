// The linear recurrence of scan.h with boundaries between sequences, either direction of time, and every thread busy
// even where there is one sequence only, which is then cut into chunks of time.
//
//   h[t] = a[t] * h[t-1] + x[t], restarted from its own row of h0 wherever a sequence begins
//
// Equal to scan() applied to each sequence alone, to the last bit: packed, padded and separate sequences agree, and any
// number of threads.
//
// Shapes: a, x (B, T, D); h0 (S, D) with one row for each sequence of `at` (B without boundaries), or undefined for
// zeros; result (B, T, D), zero at padding. Keeps a, h, h0. Errors: shapes that disagree, boundaries that do not fit.
// Source: arXiv 2410.01201, section 2.3.
#pragma once

#include "../../core/tensor.h"
#include "../boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor boundary_scan(const Tensor& a, const Tensor& x, const Tensor& h0 = {}, const Boundaries& at = {});

}  // namespace scangrad::SCANGRAD_PRECISION
