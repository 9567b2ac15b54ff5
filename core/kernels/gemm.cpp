#include "gemm.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <new>
#include <vector>

#include "../check.h"
#include "../observe/profile.h"
#include "../threads.h"
#include "long_inner.h"
#include "row_dots.h"
#include "tiled_product.h"
#include "vec_math.h"

#if defined(SCANGRAD_BLIS)
#if __has_include(<blis.h>)
#include <blis.h>
#else
#include <blis/blis.h>
#endif
#endif

namespace scangrad::SCANGRAD_PRECISION {
namespace {

void count(int64_t m, int64_t n, int64_t k) {
  count_flops(2 * m * n * k);
  count_products(1);
}

}  // namespace

void plain_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add) {
  const int64_t m = a.rows, n = b.cols, k = a.cols;
  in_parts(m, m * n * k, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      real* const row = c + i * ldc;
      if (!add) std::fill_n(row, n, real(0));
      for (int64_t p = 0; p < k; ++p) {
        const real x = a.data[i * a.row_stride + p * a.col_stride];
        const real* const y = b.data + p * b.row_stride;
#pragma omp simd
        for (int64_t j = 0; j < n; ++j) row[j] = madd(x, y[j * b.col_stride], row[j]);
      }
    }
  });
}

#if defined(SCANGRAD_BLIS)
namespace {

// Up to this many rows, dot products with contiguous columns are faster than BLIS: 2.6 times for one row.
constexpr int64_t kDotRows = 2;
// Columns of a piece if there are few rows.
constexpr int64_t kColumnPiece = 192;

// Rows or columns of a thread's piece are a multiple of this, and this is a multiple of the tiles of BLIS's kernels.
constexpr int64_t kGrain = 48;

enum class Packing { kAlways, kNever };

// One BLIS call on this thread. With packing it computes C^T = B^T A^T, without packing C = A B: the faster orientation
// of each. BLIS's own threads are never used: they spin while they wait, which is slow if other programs run.
void blis(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add, Packing packing) {
  rntm_t runtime = BLIS_RNTM_INITIALIZER;
  bli_rntm_set_num_threads(1, &runtime);
  if (packing == Packing::kAlways) bli_rntm_disable_l3_sup(&runtime);
  real alpha = 1, beta = add ? 1 : 0;
#if defined(SCANGRAD_DOUBLE)
  const auto product = bli_dgemm_ex;
#else
  const auto product = bli_sgemm_ex;
#endif
  // BLIS 0.9 does not declare its inputs const.
  real* const pa = const_cast<real*>(a.data);
  real* const pb = const_cast<real*>(b.data);
  if (packing == Packing::kNever)
    product(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, a.rows, b.cols, a.cols, &alpha, pa, a.row_stride, a.col_stride, pb,
            b.row_stride, b.col_stride, &beta, c, ldc, 1, nullptr, &runtime);
  else
    product(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, b.cols, a.rows, a.cols, &alpha, pb, b.col_stride, b.row_stride, pa,
            a.col_stride, a.row_stride, &beta, c, 1, ldc, nullptr, &runtime);
}

Matrix columns(const Matrix& m, int64_t begin, int64_t end) {
  return part(m, 0, m.rows, begin, end - begin);
}
Matrix rows(const Matrix& m, int64_t begin, int64_t end) {
  return part(m, begin, end - begin, 0, m.cols);
}

void few_rows(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add) {
  in_blocks(1, b.cols, kColumnPiece, a.rows * b.cols * a.cols / 8, [=](int64_t, int64_t begin, int64_t end) {
    blis(c + begin, ldc, a, columns(b, begin, end), add, Packing::kNever);
  });
}

// Each thread computes a piece of the result. No sum crosses a piece, so the division does not change any bit.
void shared_out(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add) {
  const int64_t m = a.rows, n = b.cols;
  const bool by_rows = m >= n;
  const int64_t size = by_rows ? m : n;
  const int count = threads_for(m * n * a.cols / 32);
  const int64_t piece = ((size + count - 1) / count + kGrain - 1) / kGrain * kGrain;
  each_part(static_cast<int>((size + piece - 1) / piece), [&](int64_t part) {
    const int64_t begin = part * piece, end = std::min(begin + piece, size);
    if (by_rows)
      blis(c + begin * ldc, ldc, rows(a, begin, end), b, add, Packing::kAlways);
    else
      blis(c + begin, ldc, a, columns(b, begin, end), add, Packing::kAlways);
  });
}

}  // namespace

void gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add) {
  const int64_t m = a.rows, n = b.cols, k = a.cols;
  if (m == 0 || n == 0) return;
  count(m, n, k);
  if (m <= kDotRows && a.col_stride == 1 && b.row_stride == 1) return row_dots(c, ldc, a, transposed(b), add);
  if (m <= kFewRows) return few_rows(c, ldc, a, b, add);
  if (const std::optional<Operands> operands = tile_operands(false)) return tiled_gemm(c, ldc, a, b, add, *operands);
  if (!in_parallel()) find_room_for_gemm();
  if (is_long_inner(a, b))
    return long_inner(c, ldc, a, b, add,
                      [n](real* to, const Matrix& u, const Matrix& v) { blis(to, n, u, v, false, Packing::kNever); });
  shared_out(c, ldc, a, b, add);
}

void small_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add) {
  if (a.rows == 0 || b.cols == 0) return;
  count_flops(2 * a.rows * b.cols * a.cols);
  blis(c, ldc, a, b, add, Packing::kNever);
}

// BLIS allocates memory for each thread and keeps it; if it gets none, it ends the process. So first check that there
// is room for all threads, then let BLIS allocate for this thread. The check is best effort for the other threads.
void find_room_for_gemm() {
  constexpr size_t kBytes = size_t(16) << 20;
  static std::atomic<int> found{0};
  const int count = threads();
  if (count <= found) return;
  std::vector<std::unique_ptr<char[]>> room(static_cast<size_t>(count));
  for (std::unique_ptr<char[]>& each : room) {
    each.reset(new (std::nothrow) char[kBytes]);
    check(each != nullptr, "gemm: {} threads need {} bytes each to work in, but the system has no more", count, kBytes);
  }
  room.clear();
  constexpr int64_t kSize = 16;
  const std::array<real, kSize * kSize> zeros{};
  std::array<real, kSize * kSize> product;
  const Matrix square = matrix(zeros.data(), kSize, kSize);
  blis(product.data(), kSize, square, square, false, Packing::kAlways);
  found = count;
}

std::string gemm_description() {
  bli_init();  // asked before, BLIS ends the process if BLIS_ARCH_TYPE is set
  return std::string(tile_operands(false) ? "AVX-512; few rows: " : "") + "BLIS " + bli_info_get_version_str() + " (" +
         bli_arch_string(bli_arch_query_id()) + ")";
}

#else

void gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add) {
  count(a.rows, b.cols, a.cols);
  const std::optional<Operands> operands = tile_operands(false);
  if (operands && a.rows > kFewRows)
    tiled_gemm(c, ldc, a, b, add, *operands);
  else
    plain_gemm(c, ldc, a, b, add);
}
void small_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add) {
  count_flops(2 * a.rows * b.cols * a.cols);
  plain_gemm(c, ldc, a, b, add);
}
void find_room_for_gemm() {}
std::string gemm_description() {
  return tile_operands(false) ? "AVX-512; few rows: plain loops" : "plain loops";
}

#endif

}  // namespace scangrad::SCANGRAD_PRECISION
