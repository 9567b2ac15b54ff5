// Causal depthwise convolution over time: each channel is filtered by its own kernel of K taps, the last tap on the
// current step.
//
//   forward     y[t] = bias + sum over j of weight[j] * x[t - (K-1) + j]
//   backward    dx[t] = sum over j of weight[j] * dy[t + (K-1) - j]
//               dweight[j] = sum over t of dy[t] * x[t - (K-1) + j]      dbias = sum over t of dy[t]
//
// Before a sequence's first step stand the last K-1 inputs of the stream it continues, the tail; zeros where it begins
// anew. A step sees its own sequence only, whatever `at` says about resets, padding and packing.
//
// Shapes: x (B, T, D); weight (K, D), one row for each tap; bias (D) or undefined; tail (streams, K-1, D) or undefined
// for zeros; result (B, T, D), zero at padding. conv_tail gives the tail (streams, K-1, D) after the batch, to carry on
// from. Keeps x, weight, tail. Sums over rows run in pieces that follow from the shape and the boundaries. Errors:
// shapes that disagree, K < 1, boundaries that do not fit or run in reverse. Source: arXiv 2410.01201, appendix C.2
// ("Conv4"); the released code's depthwise convolution without its pointwise part.
#pragma once

#include "../../core/tensor.h"
#include "../boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor causal_conv(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const Tensor& tail = {},
                                const Boundaries& at = {});

SCANGRAD_API Tensor conv_tail(const Tensor& x, const Tensor& tail, int64_t taps, const Boundaries& at = {});

}  // namespace scangrad::SCANGRAD_PRECISION
