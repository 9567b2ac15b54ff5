// Compares hand-written gradients with central differences. Meant for the double build.
//
//   double worst = gradcheck([](const std::vector<Tensor>& in) { return scan(in[0], in[1], in[2]); }, {a, x, h0});
//
// L is the sum of all results, each multiplied by a fixed random weight. With u = dL/dinput from backward and
//   v[i] = (L(x + e_i step) - L(x - e_i step)) / (2 step)
// it returns the worst relative error max|u - v| / max(max|v|, 1e-3) over all inputs. Backward is run twice and must
// give 2 u, so that an op that stores its gradient where it should add is found too. Inputs should lie at least ten
// steps away from kinks. The first form works on copies of the inputs.
//
// The second form is for layers, which own their parameters: f has no argument and reads `leaves`. Their gradients are
// zeroed first and hold 2 u afterwards; their numbers are changed during the check and restored.
//
//   double worst = gradcheck([&] { return layer(x); }, params.tensors());
#pragma once

#include <functional>
#include <vector>

#include "tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API double gradcheck(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                              const std::vector<Tensor>& inputs, double step = kDouble ? 1e-5 : 1e-2);
SCANGRAD_API double gradcheck(const std::function<Tensor()>& f, std::vector<Tensor> leaves,
                              double step = kDouble ? 1e-5 : 1e-2);

}  // namespace scangrad::SCANGRAD_PRECISION
