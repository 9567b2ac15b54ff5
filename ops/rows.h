// Rows of a batch: chosen, and put together. What carried states are reordered, repeated and merged with.
//
//   select_rows     y[i] = x[rows[i]]              dx[b] = sum of dy[i] over the i with rows[i] = b
//   join_rows       y = the rows of each x[k] in order      dx[k] = its rows of dy
//
// Shapes: x (B, ...); y has as many rows as were chosen, or as all parts have, and the same sizes behind them. A row
// may be chosen several times. Keep nothing but the row numbers. Errors: a row outside x, no parts, parts that disagree
// behind their first axis, a scalar.
#pragma once

#include <vector>

#include "../core/tensor.h"

namespace scangrad::inline SCANGRAD_PRECISION {

SCANGRAD_API Tensor select_rows(const Tensor& x, const std::vector<int64_t>& rows);
SCANGRAD_API Tensor join_rows(const std::vector<Tensor>& parts);

}  // namespace scangrad::inline SCANGRAD_PRECISION
