// Matrix products in tiles (tile.h), for processors with AVX-512.
//
//   tiled_gemm(c, ldc, a, b, add, operands)         C = A B    (add: C = C + A B)
//
//   Scratch<float> memory(TiledMatrix::size(k, n, operands));
//   const TiledMatrix weights(b, operands, memory.data());       B, packed once for several products
//   weights.multiply(c, ldc, a, add, work);                      on the calling thread; work has work_size(m, k,
//   operands) numbers
//
// A (m, k), B (k, n), C (m, n) row-major. A and B are any views, also transposed ones. With Operands::kRounded and
// kPairs they are rounded to bf16 while they are packed; the sums are in float.
//
// Order of a sum: k is cut into blocks of kSteps steps; a tile adds up a block in the order of tile.h; the sums of the
// blocks are added to C in order. So bits depend on k alone, not on m, n or threads. plain_tiled_gemm has this order.
// Only tiled_gemm with a small result and a long inner size (long_inner.h) adds up the sums of its pieces instead.
//
// The prototype of the blocking is the product of BLIS (Van Zee and van de Geijn, 2015).
#pragma once

#include <optional>

#include "matrix.h"
#include "tile.h"

namespace scangrad::SCANGRAD_PRECISION {

// What a product in float, or in bf16, should use on this processor. Nothing: it should not use tiles. There is no
// AVX-512, or the product is one of the double build.
SCANGRAD_API std::optional<Operands> tile_operands(bool in_bf16);

SCANGRAD_API void tiled_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add, Operands operands);
// In plain loops; k is never divided into pieces.
SCANGRAD_API void plain_tiled_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add, Operands operands);

// A packed matrix. It does not own its memory, so that it can be made where nothing may be allocated.
class SCANGRAD_API TiledMatrix {
 public:
  static constexpr int64_t kSteps = 384;      // of a block of k: its panels of A and B fit into a second-level cache
  static constexpr int64_t kBlockRows = 336;  // rows of A that are packed together: they do, too

  struct Range {  // of panels
    int64_t begin, end;
  };

  // The numbers that a packed matrix (k, n) takes, and those that multiply() needs to work in, for an A (m, k).
  static int64_t size(int64_t k, int64_t n, Operands operands);
  static int64_t work_size(int64_t m, int64_t k, Operands operands);

  TiledMatrix(const Matrix& b, Operands operands, float* memory);
  int64_t panels() const;
  void multiply(real* c, int64_t ldc, const Matrix& a, bool add, float* work) const;
  // Only the columns of these panels.
  void multiply(real* c, int64_t ldc, const Matrix& a, bool add, float* work, Range range) const;

 private:
  struct Result {
    real* data;
    int64_t stride;
    bool add;
  };
  void multiply_block(const Result& c, const Matrix& a, const float* b, Range range, float* work) const;

  int64_t k_, n_;
  Operands operands_;
  const float* packed_;  // for each block of k the panels of Tile::kColumns columns
};

// Elements of k in a block.
inline int64_t inner_block(Operands operands) {
  return operands == Operands::kPairs ? 2 * TiledMatrix::kSteps : TiledMatrix::kSteps;
}

}  // namespace scangrad::SCANGRAD_PRECISION
