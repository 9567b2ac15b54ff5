// Tensors put together along one axis, the opposite of slice.
//
//   forward     y[o, first_k + s, j] = x_k[o, s, j]         first_k = sizes of x_0 ... x_(k-1) at the axis, added
//   backward    dx_k[o, s, j] = dy[o, first_k + s, j]
//
// Shapes: all tensors agree but for their size at the axis; an axis below 0 counts from the end. Keeps nothing but the
// sizes. Errors: no tensors, shapes that disagree, an axis the tensors lack, an undefined tensor.
#pragma once

#include <vector>

#include "../../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor concatenate(const std::vector<Tensor>& tensors, int axis);

}  // namespace scangrad::SCANGRAD_PRECISION
