// Causal multi-head self-attention, the mixer of a Transformer block.
//
//   q, k, v = Linear(x)                                     one fused projection
//   y[t] = Linear( sum over j <= t of softmax over j (<q[t], k[j]> / sqrt(d)) v[j] )    for each head:
//   ops/attention/attention.h
//
// Dropout acts in training only, on the probabilities and on the result. The state holds what came before:
// "keys_and_values" (rows, P, 2D) and "length" (rows), the number of steps in it (ops/attention/kv_cache.h). It grows
// with the sequence; without a graph in place, if no copy of the state exists. Order is seen through causality alone:
// the network around it adds positions.
//
// Shapes: x (B, T, D) -> (B, T, D). Parameters: to_qkv (3D, D), to_out (D, D), both with bias. Initialisation: N(0,
// 0.02), to_out N(0, 0.02 / sqrt(2 layers)), biases 0, as nanoGPT. Errors: heads that do not divide dim, dropout
// outside [0, 1). Source: arXiv 1706.03762; nanoGPT.
#pragma once

#include "../linear.h"
#include "../mixer.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API Attention : public Mixer {
 public:
  static OptionList options();
  Attention(const Params& params, const MixerConfig& config);
  Tensor operator()(const Tensor& x, State& state, const Boundaries& at = {}, Rng* training = nullptr) const override;

 private:
  int64_t heads_;
  real dropout_;
  Linear to_qkv_;
  Linear to_out_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
