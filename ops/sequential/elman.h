// The plainest recurrent network, over time (Elman, "Finding Structure in Time", Cognitive Science 1990).
//
//   forward     h[t] = tanh(p[t] + W h[t-1] + b)                     h[-1] = h0
//   backward    e[t] = (dh[t] + W^T e[t+1]) * (1 - h[t]^2)           the gradient of what tanh is taken of
//               dp[t] = e[t]    dW = sum of e[t] h[t-1]^T    db = sum of e[t]    dh0 = W^T e[0]
//
// h[t-1] stands inside the tanh, so forward and backward go step by step, and the gradient is backpropagated through
// time. p is the projection of the inputs, W_ih x + b_ih in PyTorch's names, of all steps at once.
//
// Shapes: p (B, T, H); W (H, H); b (H); h0 (S, H), see boundaries.h; result (B, T, H). Keeps h and e.
// Errors: shapes that disagree.
#pragma once

#include "../boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor elman(const Tensor& projection, const Tensor& weight, const Tensor& bias, const Tensor& h0 = {},
                          const Boundaries& at = {});

}  // namespace scangrad::SCANGRAD_PRECISION
