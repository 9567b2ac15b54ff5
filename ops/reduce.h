// Sums and means.
//
//   sum(x)          y = sum of all x            dx = dy in every element
//   mean(x)         y = sum(x) / numel          dx = dy / numel
//   sum(x, axis)    y = sum over one axis       dx = dy, repeated along the axis
//
// Gathered in double and in blocks that follow from the shape, so any number of threads gives the same bits.
// Shapes: x any; sum and mean give a scalar; sum over an axis gives the shape of x without it. Keep nothing. The sum of
// nothing is 0. Errors: the mean of nothing, an axis that x does not have, an undefined tensor.
#pragma once

#include "../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor sum(const Tensor& x);
SCANGRAD_API Tensor sum(const Tensor& x, int axis);
SCANGRAD_API Tensor mean(const Tensor& x);

}  // namespace scangrad::SCANGRAD_PRECISION
