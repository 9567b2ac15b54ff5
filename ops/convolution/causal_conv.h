// Causal depthwise convolution over time: each channel has its own kernel of K taps. The last tap is for the current
// step.
//
//   forward     y[t] = bias + sum over j of weight[j] * x[t - (K-1) + j]
//   backward    dx[t] = sum over j of weight[j] * dy[t + (K-1) - j]
//               dweight[j] = sum over t of dy[t] * x[t - (K-1) + j]      dbias = sum over t of dy[t]
//
// The steps before the first step of a sequence are the tail: the last K-1 inputs of the stream that it continues, or
// zeros where a new sequence begins. With resets, padding and packing too, a step depends on its own sequence only.
//
// Shapes: x (B, T, D); weight (K, D), one row for each tap; bias (D) or undefined; tail (streams, K-1, D) or undefined
// for zeros; result (B, T, D), zero at padding. conv_tail gives the tail (streams, K-1, D) after the batch, for the
// next batch. Keeps x, weight, tail. Sums over rows are cut in pieces that depend on the shape and the boundaries
// alone. Errors: shapes that disagree, K < 1, boundaries that do not fit or run in reverse. Source: arXiv 2410.01201,
// appendix C.2 ("Conv4"): the depthwise convolution of the released code, without its pointwise part.
#pragma once

#include "../../core/tensor.h"
#include "../boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor causal_conv(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const Tensor& tail = {},
                                const Boundaries& at = {});

SCANGRAD_API Tensor conv_tail(const Tensor& x, const Tensor& tail, int64_t taps, const Boundaries& at = {});

}  // namespace scangrad::SCANGRAD_PRECISION
