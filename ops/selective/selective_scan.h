// Mamba's scan: N states for each channel. How fast they decay, and how much of the input they take, depends on the
// input itself.
//
//   forward     delta[t] = softplus(pre[t])         A = -exp(A_log)         a[t] = exp(delta[t] * A)
//               h[t] = a[t] * h[t-1] + delta[t] * x[t] * B[t]               h[-1] = h0
//               y[t] = sum over n of C[t] * h[t], + D * x[t]
//   backward    s[t] = C[t] * dy[t] + a[t+1] * s[t+1]                       a[T] * s[T] = dlast
//               r[t] = s[t] * a[t] * h[t-1]                                 dh0 = a[0] * s[0]
//               ddelta[t] = sum over n of r[t] * A + s[t] * x[t] * B[t]     dpre[t] = ddelta[t] * sigmoid(pre[t])
//               dx[t] = D * dy[t] + sum over n of s[t] * delta[t] * B[t]    dD = sum over t of dy[t] * x[t]
//               dB[t] = sum over e of s[t] * delta[t] * x[t]                dC[t] = sum over e of dy[t] * h[t]
//               dA_log = A * sum over t of r[t] * delta[t]
//
// h, a, s and r have one number for each channel e and state n. selective_scan_plain.h is this in plain loops. Here
// nothing of size B T E N is stored. Kept are the inputs, and h after every 64th step of a sequence. Backward takes the
// tiles of 64 steps from the last to the first, and recomputes the states of each tile.
//
// Shapes: x and pre (B, T, E); A_log (E, N); bc (B, T, 2N), B before C, read in place; D (E); h0 (S, E, N), one for
// each sequence of `at`, or undefined for zeros. Results: y (B, T, E), zero at padding; last (streams, E, N), h after
// the last step of each stream, or its h0 if it has no steps. Sums over channels have blocks that depend on the shape
// alone. Errors: shapes that disagree, boundaries that do not fit or run in reverse.
// Source: Gu and Dao, arXiv 2312.00752, algorithm 2; like the released code, A is discretised exactly and B by Euler.
#pragma once

#include <vector>

#include "../../core/tensor.h"
#include "../boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

struct Scanned {
  Tensor y, last;
};

SCANGRAD_API Scanned selective_scan(const Tensor& x, const Tensor& pre, const Tensor& A_log, const Tensor& bc,
                                    const Tensor& D, const Tensor& h0 = {}, const Boundaries& at = {});

// Throws these errors, in the name of `op`. `inputs` are the tensors in the op's order.
SCANGRAD_API void check_selective(const char* op, const std::vector<Tensor>& inputs, const Boundaries& at);

}  // namespace scangrad::SCANGRAD_PRECISION
