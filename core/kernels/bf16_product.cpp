#include "bf16_product.h"

#include <algorithm>
#include <cmath>

#include "../observe/profile.h"
#include "../threads.h"
#include "bf16.h"
#include "bf16_tile.h"
#include "gemm.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kRows = Bf16Matrix::kRows, kColumns = Bf16Matrix::kColumns;
constexpr int64_t kInner = Bf16Matrix::kInner;

int64_t blocks(int64_t size, int64_t block) {
  return (size + block - 1) / block;
}
int64_t pairs_of(int64_t k) {
  return (k + 1) / 2;
}

Matrix part(const Matrix& m, int64_t row, int64_t rows, int64_t column, int64_t columns) {
  return {m.data + row * m.row_stride + column * m.col_stride, rows, columns, m.row_stride, m.col_stride};
}

float rounded_at(const Matrix& m, int64_t row, int64_t column) {
  return round_to_bf16(static_cast<float>(m.data[row * m.row_stride + column * m.col_stride]));
}

uint32_t pair(real low, real high) {
  return to_bf16(static_cast<float>(low)) | uint32_t(to_bf16(static_cast<float>(high))) << 16;
}

// A panel of m (k, up to `width` columns) in pairs of rows: to[p * width + j] = m[2p, j] and m[2p + 1, j]. Zeros fill
// the panel, and the row after the last one if k is odd.
template <int64_t width>
void pack_panel(uint32_t* to, const Matrix& m) {
  const int64_t whole = m.rows / 2, columns = m.cols;
  if (columns < width || m.rows % 2 != 0) std::fill_n(to, pairs_of(m.rows) * width, uint32_t(0));
  if (m.col_stride == 1) {
    for (int64_t p = 0; p < whole; ++p) {
      const real *const low = m.data + 2 * p * m.row_stride, *const high = low + m.row_stride;
      for (int64_t j = 0; j < columns; ++j) to[p * width + j] = pair(low[j], high[j]);
    }
  } else {
    for (int64_t j = 0; j < columns; ++j) {
      const real* const from = m.data + j * m.col_stride;
      for (int64_t p = 0; p < whole; ++p)
        to[p * width + j] = pair(from[2 * p * m.row_stride], from[(2 * p + 1) * m.row_stride]);
    }
  }
  if (m.rows % 2 != 0)
    for (int64_t j = 0; j < columns; ++j)
      to[whole * width + j] = pair(m.data[2 * whole * m.row_stride + j * m.col_stride], 0);
}

// The same operands in float, for machines without the instruction.
Scratch<real> rounded(const Matrix& m) {
  Scratch<real> to(m.rows * m.cols);
  in_parts(m.rows, m.rows * m.cols / 4, [&m, y = to.data()](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t j = 0; j < m.cols; ++j) y[i * m.cols + j] = rounded_at(m, i, j);
  });
  return to;
}

}  // namespace

Bf16Matrix::Bf16Matrix(const Matrix& b)
    : k_(b.rows), n_(b.cols), packed_(blocks(b.cols, kColumns) * kColumns * (blocks(k_, kInner) * kInner / 2)) {
  const int64_t panels = this->panels(), size = panels * kColumns * kInner / 2;
  in_parts(blocks(k_, kInner) * panels, k_ * n_ / 4, [&, to = packed_.data()](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t block = i / panels, panel = i % panels;
      const int64_t row = block * kInner, rows = std::min(kInner, k_ - row), column = panel * kColumns;
      pack_panel<kColumns>(to + block * size + panel * pairs_of(rows) * kColumns,
                           part(b, row, rows, column, std::min(kColumns, n_ - column)));
    }
  });
}

void Bf16Matrix::multiply(real* c, int64_t ldc, const Matrix& a, bool add, uint32_t* work) const {
  multiply(c, ldc, a, add, work, {0, panels()});
}

void Bf16Matrix::multiply(real* c, int64_t ldc, const Matrix& a, bool add, uint32_t* work, Range range) const {
  const int64_t size = panels() * kColumns * kInner / 2;
  for (int64_t k = 0; k < k_; k += kInner)
    for (int64_t row = 0; row < a.rows; row += kBlockRows)
      multiply_block({c + row * ldc, ldc, add || k > 0},
                     part(a, row, std::min(kBlockRows, a.rows - row), k, std::min(kInner, k_ - k)),
                     packed_.data() + k / kInner * size, range, work);
}

// One block of k and up to kBlockRows rows of A, which are packed into `work`.
void Bf16Matrix::multiply_block(const Result& c, const Matrix& a, const uint32_t* b, Range range,
                                uint32_t* work) const {
  const int64_t pairs = pairs_of(a.cols);
  for (int64_t row = 0; row < a.rows; row += kRows)
    pack_panel<kRows>(work + row * pairs, transposed(part(a, row, std::min(kRows, a.rows - row), 0, a.cols)));
  float sums[kRows * kColumns];
  for (int64_t panel = range.begin; panel < range.end; ++panel) {
    const int64_t column = panel * kColumns, columns = std::min(kColumns, n_ - column);
    for (int64_t row = 0; row < a.rows; row += kRows) {
      bf16_tile(sums, work + row * pairs, b + panel * pairs * kColumns, pairs, columns);
      for (int64_t r = 0; r < std::min(kRows, a.rows - row); ++r) {
        real* const to = c.data + (row + r) * c.stride + column;
        const float* const from = sums + r * kColumns;
        for (int64_t j = 0; j < columns; ++j) to[j] = (c.add ? to[j] : real(0)) + static_cast<real>(from[j]);
      }
    }
  }
}

void bf16_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add) {
  const int64_t m = a.rows, n = b.cols, k = a.cols;
  if (m == 0 || n == 0) return;
  if (k == 0 || !has_bf16_instruction()) {
    const Scratch<real> x = rounded(a), y = rounded(b);
    return gemm(c, ldc, matrix(x.data(), m, k), matrix(y.data(), k, n), add);
  }
  count_flops(2 * m * n * k);
  count_products(1);
  tiled_bf16_gemm(c, ldc, a, b, add);
}

void tiled_bf16_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add) {
  const int64_t m = a.rows, n = b.cols, k = a.cols;
  const int count = threads_for(m * n * k / 64);
  // Tasks: blocks of rows, and groups of panels where there are few rows.
  const int64_t rows = std::min(Bf16Matrix::kBlockRows, blocks(blocks(m, count), kRows) * kRows);
  const int64_t row_blocks = blocks(m, rows), panels = blocks(n, kColumns);
  const int64_t groups = std::clamp<int64_t>(4 * count / row_blocks, 1, blocks(panels, 8));
  const Scratch<uint32_t> work(count * Bf16Matrix::kWork);
  for (int64_t first = 0; first < k; first += kInner) {
    const int64_t inner = std::min(kInner, k - first);
    const Bf16Matrix packed(part(b, first, inner, 0, n));
    each_task(row_blocks * groups, count, [&](int64_t task) {
      const int64_t row = task / groups * rows, group = task % groups;
      packed.multiply(c + row * ldc, ldc, part(a, row, std::min(rows, m - row), first, inner), add || first > 0,
                      work.data() + thread_index() * Bf16Matrix::kWork,
                      {panels * group / groups, panels * (group + 1) / groups});
    });
  }
}

void plain_bf16_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add) {
  for (int64_t i = 0; i < a.rows; ++i) {
    for (int64_t j = 0; j < b.cols; ++j) {
      real& to = c[i * ldc + j];
      if (!add) to = 0;
      for (int64_t first = 0; first < a.cols; first += kInner) {
        const int64_t end = std::min(first + kInner, a.cols);
        float sum = 0;
        for (int64_t k = first; k < end; k += 2) {
          if (k + 1 < end) sum = std::fma(rounded_at(a, i, k + 1), rounded_at(b, k + 1, j), sum);
          sum = std::fma(rounded_at(a, i, k), rounded_at(b, k, j), sum);
        }
        to += static_cast<real>(sum);
      }
    }
  }
}

std::string bf16_description() {
  return has_bf16_instruction() ? "vdpbf16ps"
                                : "no instruction of this processor; operands are rounded, then multiplied in float";
}

}  // namespace scangrad::SCANGRAD_PRECISION
