// The gated recurrent unit over time, in the form of PyTorch and cuDNN: the reset gate acts on W h, after the product.
//
//   forward     q = W h[t-1] + b                                     parts r, z, n of p, q and W, in this order
//               r = sigmoid(p_r + q_r)       reset gate
//               z = sigmoid(p_z + q_z)       update gate: 1 keeps the old state; in minGRU, 0 does
//               n = tanh(p_n + r q_n)        candidate
//               h[t] = (1 - z) n + z h[t-1]                          h[-1] = h0
//   backward    g is the whole gradient of h[t]:
//               dp_n = g (1 - z) (1 - n^2)    dp_z = g (h[t-1] - n) z (1 - z)    dp_r = dp_n q_n r (1 - r)
//               dq = (dp_r, dp_z, dp_n r)     dh[t-1] = g z + W^T dq     dW = sum of dq h[t-1]^T     db = sum of dq
//
// The gates depend on h[t-1], so forward and backward run step by step: this is backpropagation through time.
// p is the projection of the inputs at all steps, W_ih x + b_ih in the names of PyTorch. unrolled.h is the plain form.
//
// Shapes: p (B, T, 3H); W (3H, H); b (3H); h0 (S, H), see boundaries.h; result (B, T, H). Keeps r, z, n, q_n, h.
// Errors: shapes that disagree.
// Source: Cho et al., arXiv 1406.1078; torch.nn.GRU for the form.
#pragma once

#include "../boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor gru(const Tensor& projection, const Tensor& weight, const Tensor& bias, const Tensor& h0 = {},
                        const Boundaries& at = {});

}  // namespace scangrad::SCANGRAD_PRECISION
