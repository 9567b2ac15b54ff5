// The parameters of Elman, GRU and LSTM layers, under PyTorch's names, so that weights can be exchanged as they are.
//
//   p = x W_ih^T + b_ih         for all steps at once; W_hh and b_hh act inside the time loop
//
// Parameters, with G gates and H hidden channels: weight_ih_l0 (G H, in), weight_hh_l0 (G H, H), bias_ih_l0 and
// bias_hh_l0 (G H), all from U(+-1/sqrt(H)). Errors: sizes below 1. Source: torch.nn.RNN, GRU and LSTM.
#pragma once

#include "../core/tensor.h"
#include "params.h"

namespace scangrad::inline SCANGRAD_PRECISION {

struct SCANGRAD_API RecurrentWeights {
  RecurrentWeights(const Params& params, int64_t gates, int64_t in, int64_t hidden);
  Tensor project(const Tensor& x) const;

  Tensor weight_ih, weight_hh, bias_ih, bias_hh;
};

}  // namespace scangrad::inline SCANGRAD_PRECISION
