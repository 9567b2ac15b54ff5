// Mamba's scan: N states per channel, which decay and take in what comes as the input itself says.
//
//   forward     delta[t] = softplus(pre[t])         A = -exp(A_log)         a[t] = exp(delta[t] * A)
//               h[t] = a[t] * h[t-1] + delta[t] * x[t] * B[t]               h[-1] = h0
//               y[t] = sum over n of C[t] * h[t], + D * x[t]
//   backward    s[t] = C[t] * dy[t] + a[t+1] * s[t+1]                       a[T] * s[T] = dlast
//               r[t] = s[t] * a[t] * h[t-1]                                 dh0 = a[0] * s[0]
//               ddelta[t] = sum over n of r[t] * A + s[t] * x[t] * B[t]     dpre[t] = ddelta[t] * sigmoid(pre[t])
//               dx[t] = D * dy[t] + sum over n of s[t] * delta[t] * B[t]    dD = sum over t of dy[t] * x[t]
//               dB[t] = sum over c of s[t] * delta[t] * x[t]                dC[t] = sum over c of dy[t] * h[t]
//               dA_log = A * sum over t of r[t] * delta[t]
//
// h, a, s and r have one number for each channel c and state n. Nothing of size B T E N is ever stored: kept are the
// inputs and h after every 64th step of a sequence; backward goes from tile to tile of 64 steps, from the last to the
// first, and computes the states of a tile again.
//
// Shapes: x and pre (B, T, E); A_log (E, N); bc (B, T, 2N), B before C, read in place; D (E); h0 (S, E, N), one for
// each sequence of `at`, or undefined for zeros. Results: y (B, T, E), zero at padding; last (streams, E, N), h after
// the last step of each stream, or its h0 where it has no steps. Sums over channels run in blocks fixed by the shape.
// Errors: shapes that disagree, boundaries that do not fit or run in reverse.
// Source: Gu and Dao, arXiv 2312.00752, algorithm 2; like the released code, A is discretised exactly and B by Euler.
#pragma once

#include "../../core/tensor.h"
#include "../boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

struct Scanned {
  Tensor y, last;
};

SCANGRAD_API Scanned selective_scan(const Tensor& x, const Tensor& pre, const Tensor& A_log, const Tensor& bc,
                                    const Tensor& D, const Tensor& h0 = {}, const Boundaries& at = {});

}  // namespace scangrad::SCANGRAD_PRECISION
