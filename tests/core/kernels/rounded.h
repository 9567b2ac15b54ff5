// The numbers of a tensor, rounded to bf16: what a product in bf16 computes with.
#pragma once

#include "../../../core/kernels/bf16.h"
#include "../../../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

inline Tensor rounded(const Tensor& x) {
  Tensor y = x.clone();
  for (int64_t i = 0; i < y.numel(); ++i) y.mutable_data()[i] = round_to_bf16(static_cast<float>(x.data()[i]));
  return y;
}

}  // namespace scangrad::SCANGRAD_PRECISION
