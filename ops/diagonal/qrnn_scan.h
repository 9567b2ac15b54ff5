// The pooling of a QRNN: its gates and recurrence in one pass over the joint projection.
//
//   [v, k] = projection[t]      z = tanh(v)      f = sigmoid(k)
//   forward     c[t] = f * c[t-1] + (1 - f) * z                                     c[-1] = c0
//   backward    s[t] = dc[t] + f[t+1] * s[t+1]
//               dk = s * (c[t-1] - z) * f * (1 - f)      dv = s * (1 - f) * (1 - z^2)      dc0 = f[0] * s[0]
//
// In the recurrence of ops/scan.h this is a = f and b = (1 - f) * z. The projection is read in place, and the gates are
// recomputed in backward. Equal to the composed ops (sigmoid, tanh, scan) to rounding.
//
// Shapes: projection (B, T, 2E) with the candidate first and the forget gate second; c0 (S, E), one row for each
// sequence of `at`, or undefined for zeros; result (B, T, E). Keeps projection, c0, and c below 512 channels. Errors:
// shapes that disagree, an odd number of channels, boundaries that do not fit.
// Source: Bradbury et al., "Quasi-Recurrent Neural Networks", arXiv 1611.01576, section 2.1 (f-pooling; with the output
// gate around it, fo-pooling).
#pragma once

#include "../../core/tensor.h"
#include "../boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor qrnn_scan(const Tensor& projection, const Tensor& c0 = {}, const Boundaries& at = {});

}  // namespace scangrad::SCANGRAD_PRECISION
