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

// C = A B, or C = C + A B.
struct Product {
  real* c;
  int64_t ldc;
  const real* a;
  int64_t lda;
  const real* b;  // panels
  int64_t n, k;
  bool add;
};

// The columns first ... first + columns - 1 of C, which lie in `panels` panels.
template <int64_t rows, int64_t panels>
void put_block(const Product& p, int64_t first, int64_t columns) {
  real sums[rows * panels * kPanel];
  block<rows, panels>(sums, p.a, p.lda, p.b + first * p.k, p.k);
  for (int64_t r = 0; r < rows; ++r) {
    const real* const from = sums + r * panels * kPanel;
    real* const to = p.c + r * p.ldc + first;
    if (p.add)
      for (int64_t i = 0; i < columns; ++i) to[i] += from[i];
    else
      std::copy_n(from, columns, to);
  }
}

// The fewer rows, the more panels at once.
template <int64_t rows>
void multiply_rows(const Product& p) {
  constexpr int64_t panels = std::clamp<int64_t>(PackedMatrix::kRows / rows, 1, 4);
  int64_t first = 0;
  for (; first + panels * kPanel <= p.n; first += panels * kPanel) put_block<rows, panels>(p, first, panels * kPanel);
  for (; first < p.n; first += kPanel) put_block<rows, 1>(p, first, std::min(kPanel, p.n - first));
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
  using Multiply = void (*)(const Product&);
  static constexpr Multiply kByRows[] = {multiply_rows<1>, multiply_rows<2>, multiply_rows<3>, multiply_rows<4>,
                                         multiply_rows<5>, multiply_rows<6>, multiply_rows<7>, multiply_rows<8>};
  for (int64_t r = 0; r < rows; r += kRows)
    kByRows[std::min(kRows, rows - r) - 1]({c + r * ldc, ldc, a + r * lda, lda, panels_.data(), n_, k_, add});
}

}  // namespace scangrad::SCANGRAD_PRECISION
