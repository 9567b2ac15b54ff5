// The simplest recurrent network, over time (Elman, "Finding Structure in Time", Cognitive Science 1990).
//
//   forward     h[t] = tanh(p[t] + W h[t-1] + b)                     h[-1] = h0
//   backward    e[t] = (dh[t] + W^T e[t+1]) * (1 - h[t]^2)           the gradient of the argument of tanh
//               dp[t] = e[t]    dW = sum of e[t] h[t-1]^T    db = sum of e[t]    dh0 = W^T e[0]
//
// h[t-1] is inside the tanh, so forward and backward run step by step: this is backpropagation through time. p is the
// projection of the inputs at all steps, W_ih x + b_ih in the names of PyTorch. unrolled.h is the plain form.
//
// Shapes: p (B, T, H); W (H, H); b (H); h0 (S, H), see boundaries.h; result (B, T, H). Keeps h and e.
// Errors: shapes that disagree.
#pragma once

#include "../boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor elman(const Tensor& projection, const Tensor& weight, const Tensor& bias, const Tensor& h0 = {},
                          const Boundaries& at = {});

}  // namespace scangrad::SCANGRAD_PRECISION
