// The gradient of a network's output with respect to the state from which it started.
//
//   State start = model.start(1);
//   model(ids, start, Boundaries::lengths({0}));     // a call without steps sets the first state, learned or zero
//   const State gradient = state_gradient(start, [&](State& state) {
//     return cross_entropy(model(ids, state, {}, nullptr, /*last=*/1), next);
//   });
//   gradient.get("blocks.0.mixer.h")                 // dloss/dh0 of the first layer, (rows, E)
//
// f is called once with a state of leaf tensors and returns a scalar. Its gradient goes back through every step and all
// layers. The gradient of a tensor on which the result does not depend is zero.
//
// Parameters that f uses get gradients too, as from any backward(): call zero_grad() if this matters.
// Errors: a result that is not a scalar, or that depends on nothing differentiable.
#pragma once

#include <functional>

#include "../../nn/state.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API State state_gradient(const State& start, const std::function<Tensor(State& state)>& f);

}  // namespace scangrad::SCANGRAD_PRECISION
