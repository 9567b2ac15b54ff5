#include "tiled_product.h"

#include <algorithm>
#include <cmath>

#include "../memory.h"
#include "../threads.h"
#include "bf16.h"
#include "long_inner.h"
#include "pack.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kRows = Tile::kRows, kColumns = Tile::kColumns;

int64_t blocks(int64_t size, int64_t block) {
  return (size + block - 1) / block;
}

float operand(const Matrix& m, int64_t row, int64_t column, Operands operands) {
  const auto x = static_cast<float>(at(m, row, column));
  return operands == Operands::kFloat ? x : round_to_bf16(x);
}

}  // namespace

int64_t TiledMatrix::size(int64_t k, int64_t n, Operands operands) {
  return blocks(n, kColumns) * kColumns * steps_of(k, operands);
}

TiledMatrix::TiledMatrix(const Matrix& b, Operands operands, float* memory)
    : k_(b.rows), n_(b.cols), operands_(operands), packed_(memory) {
  constexpr int64_t kTogether = 4;  // panels of a task
  const int64_t panels = this->panels(), groups = blocks(panels, kTogether), inner = inner_block(operands);
  in_parts(blocks(k_, inner) * groups, k_ * n_ / 4, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t block = i / groups, panel = i % groups * kTogether, column = panel * kColumns;
      const int64_t row = block * inner, rows = std::min(inner, k_ - row);
      pack<kColumns>(memory + (block * panels * kSteps + panel * steps_of(rows, operands_)) * kColumns,
                     part(b, row, rows, column, std::min(kTogether * kColumns, n_ - column)), operands_);
    }
  });
}

int64_t TiledMatrix::panels() const {
  return blocks(n_, kColumns);
}

int64_t TiledMatrix::work_size(int64_t m, int64_t k, Operands operands) {
  return blocks(std::min(m, kBlockRows), kRows) * kRows * std::min(kSteps, steps_of(k, operands));
}

void TiledMatrix::multiply(real* c, int64_t ldc, const Matrix& a, bool add, float* work) const {
  multiply(c, ldc, a, add, work, {0, panels()});
}

void TiledMatrix::multiply(real* c, int64_t ldc, const Matrix& a, bool add, float* work, Range range) const {
  const int64_t size = panels() * kColumns * kSteps, inner = inner_block(operands_);
  if (k_ == 0 && !add)
    for (int64_t row = 0; row < a.rows; ++row)
      std::fill(c + row * ldc + range.begin * kColumns, c + row * ldc + std::min(range.end * kColumns, n_), real(0));
  for (int64_t k = 0; k < k_; k += inner)
    for (int64_t row = 0; row < a.rows; row += kBlockRows)
      multiply_block({c + row * ldc, ldc, add || k > 0},
                     part(a, row, std::min(kBlockRows, a.rows - row), k, std::min(inner, k_ - k)),
                     packed_ + k / inner * size, range, work);
}

// One block of k and up to kBlockRows rows of A, which are packed into `work`.
void TiledMatrix::multiply_block(const Result& c, const Matrix& a, const float* b, Range range, float* work) const {
  const int64_t steps = steps_of(a.cols, operands_);
  pack<kRows>(work, transposed(a), operands_);
  float sums[kRows * kColumns];
  for (int64_t panel = range.begin; panel < range.end; ++panel) {
    const int64_t column = panel * kColumns, columns = std::min(kColumns, n_ - column);
    for (int64_t row = 0; row < a.rows; row += kRows) {
      tile(sums, work + row * steps, b + panel * steps * kColumns, steps, columns, operands_);
      for (int64_t r = 0; r < std::min(kRows, a.rows - row); ++r) {
        real* const to = c.data + (row + r) * c.stride + column;
        const float* const from = sums + r * kColumns;
        for (int64_t j = 0; j < columns; ++j) to[j] = (c.add ? to[j] : real(0)) + static_cast<real>(from[j]);
      }
    }
  }
}

// vdpbf16ps multiplies twice as many numbers as a float multiply-add. On Zen 4 it runs at the same rate, on an Emerald
// Rapids (Intel) once in two cycles where two float multiply-adds run in one: half as many numbers.
std::optional<Operands> tile_operands(bool in_bf16) {
  if ((kDouble && !in_bf16) || !has_avx512()) return std::nullopt;
  if (!in_bf16) return Operands::kFloat;
  return has_bf16_instruction() && !is_intel() ? Operands::kPairs : Operands::kRounded;
}

namespace {

void tiled_long_inner(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add, Operands operands) {
  const int64_t n = b.cols, packed = TiledMatrix::size(kInnerPiece, n, operands);
  const int64_t each = packed + TiledMatrix::work_size(a.rows, kInnerPiece, operands);
  const Scratch<float> memory(threads_for(long_inner_work(a, b)) * each);
  long_inner(c, ldc, a, b, add, [=, from = memory.data()](real* to, const Matrix& u, const Matrix& v) {
    float* const own = from + thread_index() * each;
    TiledMatrix(v, operands, own).multiply(to, n, u, false, own + packed);
  });
}

}  // namespace

void tiled_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add, Operands operands) {
  const int64_t m = a.rows, n = b.cols, k = a.cols, inner = inner_block(operands);
  if (m == 0 || n == 0) return;
  if (is_long_inner(a, b)) return tiled_long_inner(c, ldc, a, b, add, operands);
  const int count = threads_for(m * n * k / 64);
  // Tasks: blocks of rows, and groups of panels where there are few rows.
  const int64_t rows = std::min(TiledMatrix::kBlockRows, blocks(blocks(m, count), kRows) * kRows);
  const int64_t row_blocks = blocks(m, rows), panels = blocks(n, kColumns);
  const int64_t groups = std::clamp<int64_t>(4 * count / row_blocks, 1, blocks(panels, 8));
  const Scratch<float> memory(TiledMatrix::size(std::min(inner, k), n, operands));
  const int64_t each = TiledMatrix::work_size(rows, k, operands);
  const Scratch<float> work(count * each);
  for (int64_t first = 0; first == 0 || first < k; first += inner) {
    const int64_t size = std::min(inner, k - first);
    const TiledMatrix packed(part(b, first, size, 0, n), operands, memory.data());
    each_task(row_blocks * groups, count, [&](int64_t task) {
      const int64_t row = task / groups * rows, group = task % groups;
      packed.multiply(c + row * ldc, ldc, part(a, row, std::min(rows, m - row), first, size), add || first > 0,
                      work.data() + thread_index() * each, {panels * group / groups, panels * (group + 1) / groups});
    });
  }
}

void plain_tiled_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add, Operands operands) {
  const int64_t inner = inner_block(operands), pair = operands == Operands::kPairs ? 2 : 1;
  for (int64_t i = 0; i < a.rows; ++i) {
    for (int64_t j = 0; j < b.cols; ++j) {
      real& to = c[i * ldc + j];
      if (!add) to = 0;
      for (int64_t first = 0; first < a.cols; first += inner) {
        const int64_t end = std::min(first + inner, a.cols);
        float sum = 0;
        for (int64_t k = first; k < end; k += pair)
          for (int64_t p = std::min(k + pair, end) - 1; p >= k; --p)
            sum = std::fma(operand(a, i, p, operands), operand(b, p, j, operands), sum);
        to += static_cast<real>(sum);
      }
    }
  }
}

}  // namespace scangrad::SCANGRAD_PRECISION
