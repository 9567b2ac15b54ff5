// Matrix products of operands that are rounded to bf16 (bf16.h), with sums in float.
//
//   bf16_gemm(c, ldc, a, b, add)               C = A B    (add: C = C + A B)
//
//   const Bf16Matrix weights(b);               B, rounded once for several products
//   weights.multiply(c, ldc, a, add, work);    on the calling thread; work has Bf16Matrix::kWork numbers
//
// A (m, k), B (k, n), C (m, n) row-major. A and B are any views, also transposed ones. Processors with the instruction
// vdpbf16ps (AVX512_BF16) multiply bf16 numbers twice as fast as floats. Others round the operands in the same way and
// multiply them as floats.
//
// Order of a sum: k is cut into blocks of kInner; within a block element 1 is added before element 0, 3 before 2, and
// so on, each with one rounding; the sums of the blocks are added to C in order. So bits depend on k alone, not on m, n
// or threads. plain_bf16_gemm has this order, which is the one that Intel's manual gives for the instruction; that the
// bits are equal has not been checked on a processor that has it. Without the instruction the order is that of gemm.h.
//
// The prototype of the blocking is the product of BLIS (Van Zee and van de Geijn, 2015).
#pragma once

#include <string>

#include "../memory.h"
#include "matrix.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API void bf16_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add);

class SCANGRAD_API Bf16Matrix {
 public:
  static constexpr int64_t kInner = 768;      // k of a block: a panel of A of this length stays in a first-level cache
  static constexpr int64_t kBlockRows = 336;  // rows of A that are packed together: they stay in a second-level cache
  static constexpr int64_t kRows = 14, kColumns = 32;  // a tile of C: its sums fill 28 of 32 vector registers
  static constexpr int64_t kWork = kBlockRows * kInner / 2;

  struct Range {  // of panels
    int64_t begin, end;
  };

  explicit Bf16Matrix(const Matrix& b);
  int64_t panels() const { return (n_ + kColumns - 1) / kColumns; }
  void multiply(real* c, int64_t ldc, const Matrix& a, bool add, uint32_t* work) const;
  // Only the columns of these panels.
  void multiply(real* c, int64_t ldc, const Matrix& a, bool add, uint32_t* work, Range range) const;

 private:
  struct Result {
    real* data;
    int64_t stride;
    bool add;
  };
  void multiply_block(const Result& c, const Matrix& a, const uint32_t* b, Range range, uint32_t* work) const;

  int64_t k_, n_;
  Scratch<uint32_t> packed_;  // pairs of numbers: for each block of k the panels of kColumns columns
};

// bf16_gemm in tiles, with the instruction or in plain loops.
SCANGRAD_API void tiled_bf16_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add);
// The product in plain loops, in the same order.
SCANGRAD_API void plain_bf16_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add);

// "vdpbf16ps", or what is used instead.
SCANGRAD_API std::string bf16_description();

}  // namespace scangrad::SCANGRAD_PRECISION
