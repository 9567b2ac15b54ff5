#include "lookup.h"

#include <algorithm>
#include <array>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/kernels/matrix.h"
#include "../../core/kernels/sums.h"
#include "../../core/sink.h"
#include "../../core/threads.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// Columns of the table that one thread adds to: few enough to share the work, wide enough to read whole cache lines.
constexpr int64_t kColumns = 32;
// A table of so many rows has sums of its own for each block of rows of the batch: they take a quarter of the block's
// memory at most, and a row that comes up all the time is summed with less rounding.
constexpr int64_t kSmallTable = kRowBlock / 4;

void lookup_forward(real* y, const Matrix& table, const int32_t* ids, int64_t N, int64_t D) {
  in_parts(N, N * D / 4, [=](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) std::copy_n(table.data + ids[n] * table.row_stride, D, y + n * D);
  });
}

struct Range {
  int64_t begin, end;
};

// dtable[ids[n]] += dy[n] for some rows n and some columns.
void add_rows(real* dtable, const real* dy, const int32_t* ids, Range rows, Range columns, int64_t D) {
  for (int64_t n = rows.begin; n < rows.end; ++n) {
    real* const to = dtable + ids[n] * D;
    const real* const from = dy + n * D;
#pragma omp simd
    for (int64_t d = columns.begin; d < columns.end; ++d) to[d] += from[d];
  }
}

void lookup_backward(real* dtable, const real* dy, const int32_t* ids, int64_t N, int64_t D) {
  in_blocks(1, D, kColumns, N * D / 4, [=](int64_t, int64_t first, int64_t last) {
    add_rows(dtable, dy, ids, {0, N}, {first, last}, D);
  });
}

Shape with_channels(const Shape& shape, int64_t D) {
  std::array<int64_t, Shape::kMaxRank + 1> sizes{};
  *std::copy(shape.begin(), shape.end(), sizes.begin()) = D;
  return Shape(sizes.data(), shape.rank() + 1);
}

}  // namespace

Tensor lookup(const Tensor& table, const Ids& ids) {
  check(table.shape().rank() == 2, "lookup: table has shape {}, but (V, D) is needed", table.shape());
  check(ids.defined(), "lookup: ids is undefined, but an array of ids is needed");
  const int64_t V = table.size(0), D = table.size(1), N = ids.numel();
  for (int64_t n = 0; n < N; ++n)
    if (ids[n] < 0 || ids[n] >= V) fail("lookup: ids has {} at {}, but the table has {} rows", ids[n], ids.place(n), V);

  Tensor y(with_channels(ids.shape(), D));
  lookup_forward(y.mutable_data(), matrix(table.data(), V, D), ids.data(), N, D);
  return record("lookup", y, {table}, [ids = ids.clone(), V, D, N](const Tensor& dy, Sinks& into) {
    if (V > kSmallTable) return lookup_backward(into.zeroed(0), dy.data(), ids.data(), N, D);
    const auto rows = [dy = dy.data(), ids = ids.data(), D](real* sums, int64_t begin, int64_t end) {
      add_rows(sums, dy, ids, {begin, end}, {0, D}, D);
    };
    const Scratch<real> sums = row_sums(N, V * D, D / 4, rows);
    accumulate(into[0], V * D, [total = sums.data()](int64_t i) { return total[i]; });
  });
}

}  // namespace scangrad::SCANGRAD_PRECISION
