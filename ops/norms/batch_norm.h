// Shifts and scales every channel to mean 0 and variance 1, then by a learned factor and shift.
//
//   forward     y = u * w + b                     u = (x - mean) / s          s = sqrt(variance + eps)
//   backward    dw = sum of dy u over the rows    db = sum of dy over the rows
//               dx = (dy - db / N - u dw / N) * w / s             where mean and variance are those of x itself
//               dx = dy * w / s                                   where they were given, as constants
//
// The statistics are one number for each channel, over all N rows: batch and time. channel_statistics gathers those of
// x; the variance is the mean square of the differences, without Bessel's correction.
// With eps = 0 a channel of equal numbers gives u = 0 and passes no gradient. Numbers beyond 1e19 have no variance in
// float: their channel gives u = 0.
// Shapes: x (..., D); weight, bias, mean, variance (D); result (..., D).
// Keeps x, weight, mean, and 1 / s for each channel.
// Errors: shapes that disagree, a negative eps, statistics of fewer than two rows.
// Source: Ioffe and Szegedy, "Batch Normalization", arXiv 1502.03167; torch.nn.BatchNorm1d.
#pragma once

#include "../../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

struct ChannelStatistics {
  Tensor mean, variance;
  bool of_x = false;  // those of the x that they are to normalise: gradients flow through them
};

SCANGRAD_API ChannelStatistics channel_statistics(const Tensor& x);
SCANGRAD_API Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                               const ChannelStatistics& statistics, real eps = real(1e-5));

}  // namespace scangrad::SCANGRAD_PRECISION
