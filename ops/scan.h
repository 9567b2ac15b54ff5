// First-order linear recurrence over time, the core of minGRU and minLSTM.
//
//   forward     h[t] = a[t] * h[t-1] + b[t]            h[-1] = h0
//   backward    s[t] = dh[t] + a[t+1] * s[t+1]         s[T]  = 0
//               db[t] = s[t]    da[t] = s[t] * h[t-1]    dh0 = a[0] * s[0]
//
// s[t] is the total gradient of h[t]: the direct part dh[t], plus the part that flows back through h[t+1]. It is the
// same recurrence, run from the right, so backward costs one pass, like forward. The recurrence is one node of the
// graph and no step is unrolled: this is what "no backpropagation through time" means here.
//
// Shapes: a, b (B, T, D); h0 (B, D), or undefined for zeros; result (B, T, D). Keeps a, h, h0. Errors: shapes that
// disagree. Source: "Were RNNs All We Needed?", arXiv 2410.01201, section 2.3. Boundaries: diagonal/boundary_scan.h.
#pragma once

#include "../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor scan(const Tensor& a, const Tensor& b, const Tensor& h0 = {});

}  // namespace scangrad::SCANGRAD_PRECISION
