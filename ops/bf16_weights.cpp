#include "bf16_weights.h"

#include <functional>

#include "../core/kernels/bf16.h"
#include "../core/kernels/row_dots.h"
#include "../core/loops.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

thread_local const Bf16Weights* newest = nullptr;

}  // namespace

Bf16Weights::Bf16Weights(const Tensor& values)
    : values_(values), rounded_(static_cast<size_t>(values.numel())), before_(newest) {
  elementwise(values.numel(), [to = rounded_.data(), from = values.data()](int64_t i) {
    to[i] = to_bf16(static_cast<float>(from[i]));
  });
  newest = this;
}

Bf16Weights::~Bf16Weights() {
  newest = before_;
}

Bf16Rows Bf16Weights::of(const Matrix& weight) {
  if (newest == nullptr) return {};
  const real* const begin = newest->values_.data();
  const real* const end = begin + newest->values_.numel();
  if (std::less<>()(weight.data, begin) || !std::less<>()(weight.data, end)) return {};
  return {newest->rounded_.data() + (weight.data - begin), weight.rows, weight.cols, weight.row_stride};
}

}  // namespace scangrad::SCANGRAD_PRECISION
