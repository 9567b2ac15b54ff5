// Sums and products element by element.
//
//   add          y = a + b         da = dy            db = dy
//   subtract     y = a - b         da = dy            db = -dy
//   multiply     y = a * b         da = dy * b        db = dy * a
//   scale        y = factor * x    dx = factor * dy
//
// b may be smaller than a: its shape is then the last axes of a, and one b serves every leading row (a bias, a weight
// per channel, a scalar). Its gradient is the sum over those rows, with the same bits for any number of threads.
//
// Shapes: a (..., S); b (..., S) or S; result that of a. add, subtract and scale keep nothing; multiply keeps b for the
// gradient of a and a for that of b. Errors: shapes that disagree, an undefined tensor.
#pragma once

#include "../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor add(const Tensor& a, const Tensor& b);
SCANGRAD_API Tensor subtract(const Tensor& a, const Tensor& b);
SCANGRAD_API Tensor multiply(const Tensor& a, const Tensor& b);
SCANGRAD_API Tensor scale(const Tensor& x, real factor);

}  // namespace scangrad::SCANGRAD_PRECISION
