// The mean of the squared differences, for regression.
//
//   forward     L = sum of (prediction - target)^2 / (count * C)
//   backward    dprediction = 2 dL (prediction - target) / (count * C)        dtarget = -dprediction
//
// Sums run over all C channels of the counted positions, those whose mask is not 0; others get a gradient of 0, even
// where they hold no number.
// Shapes: prediction and target (..., C); mask (...), undefined for all positions; result a scalar.
// Keeps prediction, target and the mask. Errors: shapes that disagree, nothing counted.
#pragma once

#include "../../core/ids.h"
#include "../../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor mean_squared_error(const Tensor& prediction, const Tensor& target, const Ids& mask = {});

}  // namespace scangrad::SCANGRAD_PRECISION
