// A chunk of the linear recurrence as one step h -> A h + X, so that time can be cut: over threads, or over machines.
//
//   h[t] = a[t] h[t-1] + b[t]           P[t] = a[t] ... a[0]       q[t] = a[T-1] ... a[t+1]       h[-1] = 0, P[-1] = 1
//   forward     A = P[T-1]                      X = h[T-1]         so from any h0 the chunk ends at A h0 + X
//   backward    db[t] = q[t] dX                 da[t] = q[t] (dX h[t-1] + dA P[t-1])
//
// A recurrence over several chunks then takes three stages, of which only the second waits for other chunks:
//
//   1. summarize(a, b) of each chunk
//   2. in order, state_after(summary, h0): the state that enters the next chunk
//   3. the scan of each chunk from the state that enters it: scan(a, b, h0) itself (ops/scan.h)
//
// The gradient recurrence s[t] = dh[t] + a[t+1] s[t+1] is cut in the same way, from the right. What it carries from
// chunk to chunk is the flow f = a[0] s[0]:
//
//   1. summarize_adjoint(a, dh) of each chunk: A as above, X = a[0] s[0] from f = 0
//   2. from the last chunk to the first, state_after(summary, f): the flow that enters the chunk on the left
//   3. the backward of scan in each chunk, with the flow that enters it added to dh of its last step
//
// This reads a and b twice, so it pays where chunks lie on different machines. It is not what the kernels run: on one
// machine they carry the state through tiles in order (diagonal_scan.h), which reads everything once.
//
// Shapes: a, b, dh (B, T, D); summaries and states (B, D). T = 0 gives A = 1, X = 0. summarize and summarize_adjoint
// keep a and b (or a dh); the rest is made of multiply and add. Errors: shapes that disagree.
// Source: Blelloch, CMU-CS-90-190, section 1.4; Martin and Cundy, "Parallelizing Linear Recurrent Neural Nets Over
// Sequence Length", arXiv 1709.04057.
#pragma once

#include "../../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

// A Step (step.h) for each sequence and channel.
struct Summary {
  Tensor a, b;  // A and X
};

SCANGRAD_API Summary summarize(const Tensor& a, const Tensor& b);
SCANGRAD_API Summary summarize_adjoint(const Tensor& a, const Tensor& dh);

// Two chunks in a row as one. For adjoint summaries the later one is the one further left.
SCANGRAD_API Summary combine(const Summary& later, const Summary& earlier);

// A h + X, the state after a chunk that starts from h; an undefined h is zero.
SCANGRAD_API Tensor state_after(const Summary& chunk, const Tensor& h);

}  // namespace scangrad::SCANGRAD_PRECISION
