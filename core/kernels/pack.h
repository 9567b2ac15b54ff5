// Panels of a matrix in the order in which a tile reads them (tile.h).
//
//   pack<width>(to, m, operands)      m (k, columns)  ->  to (panels, steps_of(k, operands), width) words
//
// k is the inner size of the product. A panel has `width` columns of m. Columns that are missing in the last one, and
// the last half of a pair if k is odd, are zeros. width is Tile::kRows (then m is A transposed) or Tile::kColumns.
#pragma once

#include "matrix.h"
#include "tile.h"

namespace scangrad::SCANGRAD_PRECISION {

inline int64_t steps_of(int64_t k, Operands operands) {
  return operands == Operands::kPairs ? (k + 1) / 2 : k;
}

template <int64_t width>
void pack(float* to, const Matrix& m, Operands operands);

}  // namespace scangrad::SCANGRAD_PRECISION
