// A matrix stored for many products with a few rows each: the weights of a recurrence.
//
//   const PackedMatrix weights(matrix(...));             // B (k, n), copied once
//   weights.multiply(c, ldc, a, lda, rows, add);         // C = A B   (add: C = C + A B)   A (rows, k), C (rows, n)
//
// BLIS packs B for each product, or reads it unpacked; for a few rows both take longer than the product itself. Here B
// is stored in panels of kPanel columns, row after row of a panel, so that a product reads it once from start to end
// and keeps a block of C in registers.
//
// Each number of C is one chain of multiply-adds over k in order, so its bits do not depend on the number of rows or on
// their position. Everything runs on the calling thread; several threads may multiply at the same time.
#pragma once

#include "../memory.h"
#include "matrix.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API PackedMatrix {
 public:
#if defined(__AVX512F__)
  static constexpr int64_t kRows = 8;  // rows of A at a time
  static constexpr int64_t kPanel = 128 / sizeof(real);
#elif defined(__AVX__)
  static constexpr int64_t kRows = 4;
  static constexpr int64_t kPanel = 64 / sizeof(real);
#else
  static constexpr int64_t kRows = 4;
  static constexpr int64_t kPanel = 32 / sizeof(real);
#endif

  explicit PackedMatrix(const Matrix& b);
  void multiply(real* c, int64_t ldc, const real* a, int64_t lda, int64_t rows, bool add) const;

 private:
  int64_t k_, n_;
  Scratch<real> panels_;  // the last one padded with zeros
};

}  // namespace scangrad::SCANGRAD_PRECISION
