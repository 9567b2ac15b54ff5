// Mamba: a gated block around a selective scan, whose step width, input and output maps depend on the input.
//
//   [x, z] = in_proj(input)
//   x = silu(causal_conv(x))                        depthwise, 4 taps, with bias
//   [r, B, C] = x_proj(x)                           R, N and N channels, R = ceil(D / 16)
//   y = selective_scan(x, dt_proj(r), A, B, C, D)   ops/selective/selective_scan.h
//   out_proj(y * silu(z))
//
// The state holds the last inputs of the convolution under "tail" and the scan's (rows, E, N) under "h", with E =
// expansion * D inner channels; a sequence starts from zero.
//
// Shapes: x (B, T, D) -> (B, T, D). Parameters: in_proj (2E, D), conv.weight (4, E), conv.bias (E), x_proj (R + 2N, E),
// dt_proj (E, R) with bias, A_log (E, N), D (E), out_proj (D, E); A_log and D never decay.
// Initialisation: U(+-1/sqrt(fan in)), out_proj divided by sqrt(layers); dt_proj.bias so that steps are log-uniform in
// [0.001, 0.1]; A_log[c, n] = log(n), n = 1 ... N; D = 1.
// Errors: E not a whole number, states or layers below 1.
// Source: Gu and Dao, arXiv 2312.00752, section 3.4; sizes and initialisation of the released code.
#pragma once

#include "../causal_conv.h"
#include "../linear.h"
#include "../mixer.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API Mamba : public Mixer {
 public:
  static OptionList options();
  Mamba(const Params& params, const MixerConfig& config);
  Tensor operator()(const Tensor& x, State& state, const Boundaries& at = {}, Rng* = nullptr) const override;

 private:
  Tensor scanned(const Tensor& x, State& state, const Boundaries& at) const;

  int64_t inner_, rank_, states_;
  Linear in_proj_;
  DepthwiseConv conv_;
  Linear x_proj_;
  Tensor dt_weight_, dt_bias_;
  Tensor A_log_, D_;
  Linear out_proj_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
