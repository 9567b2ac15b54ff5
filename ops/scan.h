// First-order linear recurrence over time, the heart of minGRU and minLSTM.
//
//   forward     h[t] = a[t] * h[t-1] + x[t]            h[-1] = h0
//   backward    s[t] = dh[t] + a[t+1] * s[t+1]         s[T]  = 0
//               dx[t] = s[t]    da[t] = s[t] * h[t-1]    dh0 = a[0] * s[0]
//
// s[t] is the whole gradient of h[t]: what the loss says about it directly, plus what flows back through h[t+1]. It is
// the same recurrence run from the right, so backward costs one pass, like forward. No step is unrolled into the graph:
// this is the whole of "no backpropagation through time".
//
// Shapes: a, x (B, T, D); h0 (B, D), or undefined for zeros; result (B, T, D). Keeps a, h, h0.
// Errors: shapes that disagree.
// Source: "Were RNNs All We Needed?", arXiv 2410.01201, section 2.3; boundary_scan.h adds boundaries and the time cut.
#pragma once

#include "../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor scan(const Tensor& a, const Tensor& x, const Tensor& h0 = {});

}  // namespace scangrad::SCANGRAD_PRECISION
