// Trades time for memory: what a chain of ops keeps for backward is freed after forward and recomputed in backward.
//
//   forward     y, h' = f(x, h)            without a graph: only x and the state h stay
//   backward    f(x, h) once more, now with its graph; then back through it, from dy and dh' to dx and dh
//
//   x = recompute([&](const std::vector<Tensor>& in, State& part, Rng* training) {
//     return std::vector<Tensor>{block(in[0], part, at, training)};
//   }, {x}, state, weight, training)[0];
//
// Around each block of a deep network, memory is that of one block and its inputs. Around each chunk of a long
// sequence, with the state carried from call to call, it is the exact gradient of the whole sequence in the memory of
// one chunk: the state goes forward from chunk to chunk, its adjoint goes back. Results and gradients have the bits of
// f itself.
//
// f runs twice and must do the same both times: it may read weights, draws random numbers from its `training` only, and
// changes nothing but the state. A layer that counts its calls asks recomputing() first. Gradients of the weights it
// reads arrive at them directly; `weight` is one of them, by which the result is differentiable even where no input is.
// Keeps inputs and state. Errors: those of f.
// Source: Chen et al., "Training Deep Nets with Sublinear Memory Cost", arXiv 1604.06174.
#pragma once

#include <functional>
#include <vector>

#include "../core/random.h"
#include "../core/tensor.h"
#include "state.h"

namespace scangrad::SCANGRAD_PRECISION {

using Recomputed = std::function<std::vector<Tensor>(const std::vector<Tensor>& inputs, State& state, Rng* training)>;

SCANGRAD_API std::vector<Tensor> recompute(const Recomputed& f, const std::vector<Tensor>& inputs, State& state,
                                           const Tensor& weight, Rng* training = nullptr);

// Whether this thread is inside an f for the second time.
SCANGRAD_API bool recomputing();

}  // namespace scangrad::SCANGRAD_PRECISION
