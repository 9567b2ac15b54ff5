// The networks of the sequential family in their plain form: a loop over the steps, each made of plain ops, with
// gradients from the tape.
//
//   q = W h[t-1] + b        states[t] = step(p[t], q, states[t-1])        for t = 0, 1, ..., T-1
//
// It is here to be read next to the equations in elman.h, gru.h and lstm.h, and as the oracle that the tests compare
// these ops with. Networks use the ops, which do the same in one node of the graph (recurrent_loop.h). Every row of the
// batch is one sequence.
//
// Shapes: p (B, T, G H) with G gates; W (G H, H); b (G H); states (B, H), h first, undefined for zeros. Results: each
// of the states over time, (B, T, H). Keeps what its plain ops keep, for every step. Errors: no step, shapes that
// disagree.
#pragma once

#include <functional>
#include <vector>

#include "../../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

// One step: p (B, G H), q (B, G H) and the states before -> the states after.
using RecurrentStep =
    std::function<std::vector<Tensor>(const Tensor& p, const Tensor& q, const std::vector<Tensor>& before)>;

SCANGRAD_API std::vector<Tensor> elman_step(const Tensor& p, const Tensor& q, const std::vector<Tensor>& before);
SCANGRAD_API std::vector<Tensor> gru_step(const Tensor& p, const Tensor& q, const std::vector<Tensor>& before);
SCANGRAD_API std::vector<Tensor> lstm_step(const Tensor& p, const Tensor& q, const std::vector<Tensor>& before);

SCANGRAD_API std::vector<Tensor> unrolled(const RecurrentStep& step, const Tensor& p, const Tensor& weight,
                                          const Tensor& bias, const std::vector<Tensor>& starts);

}  // namespace scangrad::SCANGRAD_PRECISION
