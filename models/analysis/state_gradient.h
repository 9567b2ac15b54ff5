// How much what a network says depends on the state that it started from.
//
//   State start = model.start(1);
//   model(ids, start, Boundaries::lengths({0}));     // a call without steps: the start's own tensors, learned or zero
//   const State gradient = state_gradient(start, [&](State& state) {
//     return cross_entropy(model(ids, state, {}, nullptr, /*last=*/1), next);
//   });
//   gradient.get("blocks.0.mixer.h")                 // dloss/dh0 of the first layer, (rows, E)
//
// f is called once, with a state whose tensors are leaves, and gives a scalar; its gradient goes back through every
// step, and through all layers. Tensors on which the result does not depend have zeros.
//
// Gradients of the parameters that f reads arrive at these as by any other backward: zero_grad() where they matter.
// Errors: a result that is no scalar, or does not depend on anything differentiable.
#pragma once

#include <functional>

#include "../../nn/state.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API State state_gradient(const State& start, const std::function<Tensor(State& state)>& f);

}  // namespace scangrad::SCANGRAD_PRECISION
