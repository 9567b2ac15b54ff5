// Long short-term memory over time, in the form of PyTorch and cuDNN.
//
//   forward     q = W h[t-1] + b                                     parts i, f, g, o of p, q and W, in this order
//               i, f, o = sigmoid(p + q)     input, forget and output gate        g = tanh(p_g + q_g)     candidate
//               c[t] = f c[t-1] + i g        h[t] = o tanh(c[t])     h[-1] = h0, c[-1] = c0
//   backward    dh, dc: the whole gradients of h[t] and c[t];    dc includes dh o (1 - tanh(c)^2)
//               dq_o = dh tanh(c) o (1 - o)    dq_i = dc g i (1 - i)    dq_f = dc c[t-1] f (1 - f)
//               dq_g = dc i (1 - g^2)          dp = dq    dc[t-1] = dc f    dh[t-1] = W^T dq
//               dW = sum of dq h[t-1]^T        db = sum of dq
//
// The gates depend on h[t-1], so forward and backward run step by step: this is backpropagation through time.
// p is the projection of the inputs at all steps, W_ih x + b_ih in the names of PyTorch. unrolled.h is the plain form.
//
// Shapes: p (B, T, 4H); W (4H, H); b (4H); h0, c0 (S, H), see boundaries.h; results (B, T, H). Keeps i, f, g, o, h, c.
// Errors: shapes that disagree.
// Source: Hochreiter and Schmidhuber, Neural Computation 1997; forget gate of Gers et al. 2000; torch.nn.LSTM.
#pragma once

#include "../boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

struct LstmStates {
  Tensor h, c;
};

SCANGRAD_API LstmStates lstm(const Tensor& projection, const Tensor& weight, const Tensor& bias,
                             const LstmStates& starts = {}, const Boundaries& at = {});

}  // namespace scangrad::SCANGRAD_PRECISION
