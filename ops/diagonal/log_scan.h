// The linear recurrence in log space, as the paper runs it: takes log a and log b, for a, b > 0, and returns log h.
//
//   h[t] = a[t] * h[t-1] + b[t]     with     la = log a,  lb = log b,  l = log h,  l[-1] = log h0
//   kSequential   l[t] = logaddexp(la[t] + l[t-1], lb[t])
//   kCumulative   l[t] = A[t] + logcumsumexp(lb - A)[t],   A[t] = la[0] + ... + la[t],   h0 enters as lb[-1] = log h0
//   backward      s[t] = dl[t] + r[t+1] * s[t+1]           r[t] = exp(la[t] + l[t-1] - l[t]), the share of the past
//                 dla[t] = r[t] * s[t]     dlb[t] = exp(lb[t] - l[t]) * s[t]     dh0 = exp(la[0] - l[0]) * s[0]
//
// Both forms are the same function and share the backward. The cumulative form loses about |A[t]| * 2^-24 in float
// (2e-4 after 4,096 half-open gates); it is here because parallel hardware needs prefix sums. The sequential form is
// exact to rounding. So is scan.h, which is also faster and cannot overflow while 0 < a < 1: it is the default of the
// layers. h0 is given as itself, not as its logarithm, so that h0 = 0 is legal and has a finite gradient.
//
// Shapes: la, lb (B, T, D); h0 (S, D) >= 0, one row for each sequence of `at`, or undefined for zeros; result
// (B, T, D), at padding the lowest number, since its exponential is 0. Keeps la, lb, l, h0. Errors: shapes that
// disagree, boundaries that do not fit or run in reverse. Source: arXiv 2410.01201, appendix B; Heinsen, "Efficient
// Parallelization of a Ubiquitous Sequential Computation", 2023.
#pragma once

#include "../../core/tensor.h"
#include "../boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

enum class LogForm { kSequential, kCumulative };

SCANGRAD_API Tensor log_scan(const Tensor& log_a, const Tensor& log_b, const Tensor& h0 = {},
                             LogForm form = LogForm::kSequential, const Boundaries& at = {});

}  // namespace scangrad::SCANGRAD_PRECISION
