#include "concat.h"

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/loops.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// y points to the first element of the part; its rows are `stride` apart, those of x are packed.
void concat_forward(real* y, const real* x, int64_t rows, int64_t width, int64_t stride) {
  rowwise(rows, width, [=](int64_t row, int64_t i) { y[row * stride + i] = x[row * width + i]; });
}

void concat_backward(Sink dx, const real* dy, int64_t rows, int64_t width, int64_t stride) {
  storing(dx, [=](auto store) {
    rowwise(rows, width, [=](int64_t row, int64_t i) { store(row * width + i, dy[row * stride + i]); });
  });
}

}  // namespace

Tensor concatenate(const std::vector<Tensor>& tensors, int axis) {
  check(!tensors.empty(), "concatenate: no tensors are given, but at least one is needed");
  const Shape& first = tensors[0].shape();
  const int64_t outer = first.before(axis), inner = first.after(axis);
  std::vector<int64_t> widths;  // of a row of each tensor
  int64_t size = 0;
  for (size_t k = 0; k < tensors.size(); ++k) {
    const Shape& shape = tensors[k].shape();
    check(tensors[k].defined(), "concatenate: tensor {} is undefined, but all are needed", k);
    check(shape.rank() == first.rank() && shape == first.with(axis, shape[axis]),
          "concatenate: tensor {} has shape {}, but {} is needed apart from axis {}", k, shape, first, axis);
    widths.push_back(shape[axis] * inner);
    size += shape[axis];
  }

  Tensor y(first.with(axis, size));
  const int64_t stride = size * inner;
  real* to = y.mutable_data();
  for (size_t k = 0; k < tensors.size(); to += widths[k++])
    concat_forward(to, tensors[k].data(), outer, widths[k], stride);
  return record("concatenate", y, tensors, [=](const Tensor& dy, Sinks& into) {
    const real* from = dy.data();
    for (size_t k = 0; k < widths.size(); from += widths[k++])
      concat_backward(into[static_cast<int>(k)], from, outer, widths[k], stride);
  });
}

}  // namespace scangrad::SCANGRAD_PRECISION
