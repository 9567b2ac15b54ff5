// The gated unit of an MLP: one half of the channels, through gelu, says how much of the other half passes.
//
//   forward     y = value * gelu(gate) * scale                      x[n] = (value, gate), M channels each
//   backward    dvalue = dy * gelu(gate) * scale                    dgate = dy * value * gelu'(gate) * scale
//               dscale = sum of dy * value * gelu(gate) over the rows
//
// gelu is the exact form of activations.h. x is one fused projection, read where it lies.
// Shapes: x (..., 2 M); scale (M); result (..., M). Keeps x and scale.
// Errors: x without an even number of channels, a scale of another size.
// Source: Shazeer, "GLU Variants Improve Transformer", arXiv 2002.05202; the scale is the minRNN paper's released
// code's.
#pragma once

#include "../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor geglu(const Tensor& x, const Tensor& scale);

}  // namespace scangrad::SCANGRAD_PRECISION
