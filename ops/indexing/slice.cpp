#include "slice.h"

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/loops.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// x points to the first element of the part; its rows are `stride` apart, those of y are packed.
void slice_forward(real* y, const real* x, int64_t rows, int64_t width, int64_t stride) {
  rowwise(rows, width, [=](int64_t row, int64_t i) { y[row * width + i] = x[row * stride + i]; });
}

void slice_backward(real* dx, const real* dy, int64_t rows, int64_t width, int64_t stride) {
  rowwise(rows, width, [=](int64_t row, int64_t i) { dx[row * stride + i] += dy[row * width + i]; });
}

}  // namespace

Tensor slice(const Tensor& x, int axis, int64_t begin, int64_t end) {
  const int64_t size = x.size(axis), inner = x.shape().after(axis);
  check(0 <= begin && begin <= end && end <= size,
        "slice: range is {} to {}, but axis {} of {} needs one within 0 to {}", begin, end, axis, x.shape(), size);
  const int64_t outer = x.shape().before(axis), width = (end - begin) * inner, stride = size * inner;

  Tensor y(x.shape().with(axis, end - begin));
  slice_forward(y.mutable_data(), x.data() + begin * inner, outer, width, stride);
  return record("slice", y, {x}, [=, first = begin * inner](const Tensor& dy, Sinks& into) {
    if (real* const dx = into.zeroed(0)) slice_backward(dx + first, dy.data(), outer, width, stride);
  });
}

}  // namespace scangrad::SCANGRAD_PRECISION
