#include "packed_matrix.h"

#include <algorithm>

#include "vec_math.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kPanel = PackedMatrix::kPanel;

// `rows` rows of A times `panels` panels of B. There are as many sums as fit into registers: while one multiply-add
// runs, others can start.
template <int64_t rows, int64_t panels>
void block(real* sums, const real* a, int64_t lda, const real* b, int64_t k) {
  real acc[rows][panels][kPanel] = {};
  for (int64_t p = 0; p < k; ++p) {
    for (int64_t r = 0; r < rows; ++r) {
      const real x = a[r * lda + p];
      for (int64_t q = 0; q < panels; ++q) {
        const real* const y = b + (q * k + p) * kPanel;
#pragma omp simd
        for (int64_t i = 0; i < kPanel; ++i) acc[r][q][i] = madd(x, y[i], acc[r][q][i]);
      }
    }
  }
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t q = 0; q < panels; ++q) std::copy_n(acc[r][q], kPanel, sums + (r * panels + q) * kPanel);
}

template <int64_t rows, int64_t panels>
void put_block(real* c, int64_t ldc, int64_t columns, const real* a, int64_t lda, const real* b, int64_t k, bool add) {
  real sums[rows * panels * kPanel];
  block<rows, panels>(sums, a, lda, b, k);
  for (int64_t r = 0; r < rows; ++r) {
    const real* const from = sums + r * panels * kPanel;
    real* const to = c + r * ldc;
    if (add)
      for (int64_t i = 0; i < columns; ++i) to[i] += from[i];
    else
      std::copy_n(from, columns, to);
  }
}

// The fewer rows, the more panels at once.
template <int64_t rows>
void multiply_rows(real* c, int64_t ldc, const real* a, int64_t lda, const real* b, int64_t n, int64_t k, bool add) {
  constexpr int64_t panels = std::clamp<int64_t>(PackedMatrix::kRows / rows, 1, 4);
  int64_t first = 0;
  for (; first + panels * kPanel <= n; first += panels * kPanel)
    put_block<rows, panels>(c + first, ldc, panels * kPanel, a, lda, b + first * k, k, add);
  for (; first < n; first += kPanel)
    put_block<rows, 1>(c + first, ldc, std::min(kPanel, n - first), a, lda, b + first * k, k, add);
}

}  // namespace

PackedMatrix::PackedMatrix(const Matrix& b)
    : k_(b.rows), n_(b.cols), panels_((b.cols + kPanel - 1) / kPanel * kPanel * b.rows) {
  real* to = panels_.data();
  for (int64_t first = 0; first < n_; first += kPanel)
    for (int64_t p = 0; p < k_; ++p)
      for (int64_t j = first; j < first + kPanel; ++j)
        *to++ = j < n_ ? b.data[p * b.row_stride + j * b.col_stride] : real(0);
}

void PackedMatrix::multiply(real* c, int64_t ldc, const real* a, int64_t lda, int64_t rows, bool add) const {
  using Multiply = void (*)(real*, int64_t, const real*, int64_t, const real*, int64_t, int64_t, bool);
  static constexpr Multiply kByRows[] = {multiply_rows<1>, multiply_rows<2>, multiply_rows<3>, multiply_rows<4>,
                                         multiply_rows<5>, multiply_rows<6>, multiply_rows<7>, multiply_rows<8>};
  for (int64_t r = 0; r < rows; r += kRows)
    kByRows[std::min(kRows, rows - r) - 1](c + r * ldc, ldc, a + r * lda, lda, panels_.data(), n_, k_, add);
}

}  // namespace scangrad::SCANGRAD_PRECISION
