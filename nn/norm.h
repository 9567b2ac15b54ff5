// The normalisations over channels, with their parameters.
//
//   kRms        y = x / rms(x) * (1 + gamma)              the released code's, without eps; gamma starts at 0
//   kTorchRms   y = x / sqrt(mean(x^2) + eps) * weight    PyTorch's RMSNorm of float numbers, eps 2^-23
//   kLayer      y = (x - mean(x)) / s(x) * weight + bias  PyTorch's LayerNorm, eps 1e-5
//   kBatch      y = (x - mean) / s * weight + bias        PyTorch's BatchNorm1d, eps 1e-5
//
// The first three look at one step at a time. kBatch takes each channel's mean and variance over all steps of all rows
// of the call in training, padding included; in evaluation it takes the running ones, so that a step depends on no
// other. Every call in training updates the running ones, with or without a backward pass:
//
//   running = 0.1 * running + 0.9 * that of the batch           the variance with Bessel's correction
//
// The ops after a norm keep no copy of its result: backward recomputes it from x (core/saved.h).
// Shapes: x (..., dim) -> the same. Parameters: gamma, or weight from 1 and bias from 0, all (dim). Buffers of kBatch:
// running_mean and running_var (dim), and batches (1), the count of calls in training, exact up to 2^24 of them.
// Errors: dim below 1; kBatch in training on a single step.
// Source: see ops/norms/rms_norm.h, ops/norms/layer_norm.h and ops/norms/batch_norm.h; kBatch's 0.9 is the released
// code's.
#pragma once

#include "../core/tensor.h"
#include "options.h"
#include "params.h"

namespace scangrad::SCANGRAD_PRECISION {

enum class NormKind { kRms, kTorchRms, kLayer, kBatch };
SCANGRAD_API const Choices<NormKind>& choices(NormKind);

class SCANGRAD_API Norm {
 public:
  Norm(const Params& params, int64_t dim, NormKind kind = NormKind::kRms);
  Tensor operator()(const Tensor& x, bool training = false) const;

 private:
  Tensor by_batch(const Tensor& x, bool training) const;

  NormKind kind_;
  Tensor weight_, bias_;  // weight_ is gamma where the kind has that; bias_ undefined where it has none
  mutable Tensor mean_, variance_, batches_;  // buffers of kBatch, which a call in training writes
};

}  // namespace scangrad::SCANGRAD_PRECISION
