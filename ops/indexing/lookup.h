// Rows of a table by their numbers: what an embedding does.
//
//   forward     y[n] = table[ids[n]]
//   backward    dtable[v] = sum of dy[n] over the n with ids[n] = v
//
// The rows of dy are added in their order, each thread taking columns of its own. Where the table is small compared
// with the batch, blocks of rows are summed and added in order. Neither sorts, and both give the same bits for any
// number of threads.
//
// Shapes: table (V, D); ids (...), each in 0 ... V-1; result (..., D). Keeps ids. Errors: an id outside the table.
#pragma once

#include "../../core/ids.h"
#include "../../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor lookup(const Tensor& table, const Ids& ids);

}  // namespace scangrad::SCANGRAD_PRECISION
