#include "rows.h"

#include <algorithm>

#include "../../core/autograd.h"
#include "../../core/check.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

void select_rows_forward(real* y, const real* x, const int64_t* rows, int64_t count, int64_t D) {
  in_parts(count, count * D, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) std::copy_n(x + rows[i] * D, D, y + i * D);
  });
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

}  // namespace scangrad::SCANGRAD_PRECISION
