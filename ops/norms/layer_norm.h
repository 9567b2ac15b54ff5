// Shifts and scales every row to mean 0 and variance 1, then every channel by a learned factor and shift.
//
//   forward     y = u * w + b               u = (x - mean(x)) / s      s = sqrt(mean((x - mean(x))^2) + eps)
//   backward    dx = (g - mean(g) - u mean(g u)) / s                   g = dy w
//               dw = sum of dy u over the rows      db = sum of dy over the rows
//
// With eps = 0 a row of equal numbers gives u = 0 and passes no gradient.
// Shapes: x (..., D); weight (D); bias (D), or undefined for none; result (..., D).
// Keeps x, weight, and mean and 1 / s for each row. Errors: shapes that disagree, a negative eps.
// Source: Ba, Kiros and Hinton, "Layer Normalization", arXiv 1607.06450.
#pragma once

#include "../../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, real eps = real(1e-5));

}  // namespace scangrad::SCANGRAD_PRECISION
