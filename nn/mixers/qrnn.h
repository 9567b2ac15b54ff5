// QRNN: gates from a convolution over the last steps instead of the state, and pooling by a scan.
//
//   [v, k, u] = Linear(x[t], x[t-1], ..., x[t-w+1])     a causal convolution with a window of w steps
//   c[t] = f * c[t-1] + (1 - f) * tanh(v)               f = sigmoid(k), the forget gate: 1 keeps the state
//   h[t] = sigmoid(u) * c[t]                            the output gate (fo-pooling)
//
// The result is Linear(h). Steps before a sequence count as zeros. What this layer shares with others is in diagonal.h.
// The state holds c under "h" and the last w - 1 inputs under "tail". Some programs call 1 - f the forget gate: with
// their weights the rows of k change sign.
//
// Shapes: x (B, T, D) -> (B, T, D). Parameters: to_hidden_and_gate (3E, w D), to_out (D, E), biased or not; columns in
// the order x[t], x[t-1], .... Errors: a window below 1.
// Source: Bradbury et al., "Quasi-Recurrent Neural Networks", arXiv 1611.01576.
#pragma once

#include "diagonal.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API Qrnn : public DiagonalLayer {
 public:
  static OptionList options();
  Qrnn(const Params& params, const MixerConfig& config);
  Tensor fused(const Tensor& projection, const Tensor& start, const Boundaries& at = {}) const override;
  Tensor composed(const Tensor& projection, const Tensor& start, const Boundaries& at = {}) const override;

 protected:
  Tensor project(const Tensor& x, State& state, const Boundaries& at) const override;
  Tensor result(const Tensor& c, const Tensor& projection) const override;

 private:
  std::vector<Tensor> shifts_;  // kernels (w, D) that look one step back, two, ...
};

}  // namespace scangrad::SCANGRAD_PRECISION
