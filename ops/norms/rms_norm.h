// Scales every row to a root mean square of 1, then every channel by a learned factor.
//
//   forward     y = x / rms * (offset + w)                         rms = sqrt(mean(x^2) + eps)
//   backward    dx = (g - u mean(g u)) / rms     dw = sum of dy u over the rows
//                                       g = dy (offset + w)        u = x / rms
//
// The paper's released code computes x / |x| * sqrt(D) * (gamma + 1) with gamma starting from 0, which is the same with
// eps = 0, offset = 1. With eps = 0 a row of zeros gives zeros and passes no gradient.
// Shapes: x (..., D); weight (D); result (..., D). Keeps x, weight, and 1 / rms for each row.
// Errors: shapes that disagree, a negative eps.
// Source: Zhang and Sennrich, "Root Mean Square Layer Normalization", arXiv 1910.07467, equation 4.
#pragma once

#include "../../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

struct RmsNormOptions {
  real eps = real(1e-6);
  real offset = 0;
};

SCANGRAD_API Tensor rms_norm(const Tensor& x, const Tensor& weight, const RmsNormOptions& options = {});

}  // namespace scangrad::SCANGRAD_PRECISION
