// Rows of a batch, chosen: how carried states are reordered and repeated. concatenate (concat.h) puts rows together.
//
//   forward     y[i] = x[rows[i]]
//   backward    dx[b] = sum of dy[i] over the i with rows[i] = b
//
// Shapes: x (B, ...); y has as many rows as were chosen; its other sizes are those of x. A row may be chosen several
// times. Keeps nothing but the row numbers. Errors: a row outside x, a scalar.
#pragma once

#include <vector>

#include "../../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor select_rows(const Tensor& x, const std::vector<int64_t>& rows);

}  // namespace scangrad::SCANGRAD_PRECISION
