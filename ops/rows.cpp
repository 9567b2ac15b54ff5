#include "rows.h"

#include <algorithm>

#include "../core/autograd.h"
#include "../core/check.h"
#include "../core/loops.h"

namespace scangrad::inline SCANGRAD_PRECISION {
namespace {

void select_rows_forward(real* y, const real* x, const int64_t* rows, int64_t count, int64_t D) {
#pragma omp parallel for num_threads(threads_for(count* D))
  for (int64_t i = 0; i < count; ++i) std::copy_n(x + rows[i] * D, D, y + i * D);
}

// Serial over the chosen rows, since two of them may be the same; dx holds zeros or earlier contributions.
void select_rows_backward(real* dx, const real* dy, const int64_t* rows, int64_t count, int64_t D) {
  for (int64_t i = 0; i < count; ++i) {
    real* const into = dx + rows[i] * D;
#pragma omp simd
    for (int64_t d = 0; d < D; ++d) into[d] += dy[i * D + d];
  }
}

}  // namespace

Tensor select_rows(const Tensor& x, const std::vector<int64_t>& rows) {
  check(x.defined() && x.shape().rank() > 0, "select_rows: x has shape {}, but (B, ...) is needed", x.shape());
  const int64_t B = x.size(0), count = static_cast<int64_t>(rows.size());
  for (const int64_t row : rows) check(row >= 0 && row < B, "select_rows: row is {}, but x has {} rows", row, B);

  Tensor y(x.shape().with(0, count));
  const int64_t D = B == 0 ? 0 : x.numel() / B;
  select_rows_forward(y.mutable_data(), x.data(), rows.data(), count, D);
  return record("select_rows", y, {x}, [rows, count, D](const Tensor& dy, Sinks& into) {
    if (real* const dx = into.zeroed(0)) select_rows_backward(dx, dy.data(), rows.data(), count, D);
  });
}

Tensor join_rows(const std::vector<Tensor>& parts) {
  check(!parts.empty(), "join_rows: there are no parts, but at least one is needed");
  const Shape& first = parts[0].shape();
  int64_t rows = 0;
  for (const Tensor& part : parts) {
    check(part.defined() && part.shape().rank() > 0, "join_rows: a part has shape {}, but (B, ...) is needed",
          part.shape());
    check(part.shape().with(0, 0) == first.with(0, 0), "join_rows: a part has shape {} but the first has {}",
          part.shape(), first);
    rows += part.size(0);
  }

  Tensor y(first.with(0, rows));
  real* to = y.mutable_data();
  for (const Tensor& part : parts) to = std::copy_n(part.data(), part.numel(), to);
  std::vector<int64_t> sizes;
  for (const Tensor& part : parts) sizes.push_back(part.numel());
  return record("join_rows", y, parts, [sizes](const Tensor& dy, Sinks& into) {
    const real* from = dy.data();
    for (size_t k = 0; k < sizes.size(); ++k) {
      accumulate(into[static_cast<int>(k)], sizes[k], [from](int64_t i) { return from[i]; });
      from += sizes[k];
    }
  });
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
