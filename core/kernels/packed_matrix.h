// A matrix laid out for products with a few rows at a time, again and again: the weights of a recurrence.
//
//   const PackedMatrix weights(matrix(...));             // B (k, n), copied once
//   weights.multiply(c, ldc, a, lda, rows, add);         // C = A B   (add: C = C + A B)   A (rows, k), C (rows, n)
//
// BLIS packs B anew for each product, or reads it where it lies; for a few rows either costs more than the product.
// Here B lies in panels of kPanel columns, one row of a panel after the other, so that a product reads it in one
// stream, and keeps a block of C in registers.
//
// Each number of C is one chain of multiply-adds over k in its order: its bits depend neither on how many rows there
// are nor on which. Everything runs on the calling thread; different threads may multiply at once.
#pragma once

#include "../memory.h"
#include "matrix.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API PackedMatrix {
 public:
#if defined(__AVX512F__)
  static constexpr int64_t kRows = 8;  // of A that are worked on together
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
