// Judges hand-written gradients by central differences. Meant for the double build.
//
//   double worst = gradcheck([](const std::vector<Tensor>& in) { return scan(in[0], in[1], in[2]); }, {a, x, h0});
//
// The result is contracted with fixed random numbers to a scalar L. Backward, run twice so that a gradient which is
// stored where it should be added is noticed too, gives 2 u = 2 dL/dinput; differences give
//   v[i] = (L(x + e_i step) - L(x - e_i step)) / (2 step).
// Returns the worst relative error max|u - v| / max(max|v|, 1e-3) over all inputs. Inputs should lie at least ten steps
// away from kinks. Works on copies: the tensors given are left alone.
//
// The second form is for layers, which keep their parameters: f takes nothing and reads `leaves` where they are. Their
// gradients are zeroed first and left as both passes gave them; their numbers are moved and put back.
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
