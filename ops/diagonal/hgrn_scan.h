// HGRN's gates and recurrence in one pass over the joint projection, and the lower bounds of its forget gates.
//
//   [v, k] = projection[t]      q = silu(v)      f = lower + (1 - lower) * sigmoid(k)
//   forward     h[t] = f * h[t-1] + (1 - f) * q                                     h[-1] = h0
//   backward    s[t] = dh[t] + f[t+1] * s[t+1]          dh0 = f[0] * s[0]
//               df = s * (h[t-1] - q)                   dk = df * (1 - lower) * sigmoid(k) * sigmoid(-k)
//               dv = s * (1 - f) * silu'(v)             dlower = sum over all steps of df * sigmoid(-k)
//
// In the recurrence of ops/scan.h this is a = f and b = (1 - f) * q. The projection is read in place, and the gates are
// recomputed in backward. A forget gate with a high lower bound keeps its state for long.
//
//   hgrn_lower_bound(logits, k) = sum over i = 1 ... k of softmax(logits)[i]       softmax over the L layers, k from 0
//
// So the bound of the first layer is 0, and bounds grow from layer to layer.
//
// Shapes: projection (B, T, 2E) with the candidate first and the gate second; lower (E), from 0 to 1; h0 (S, E), one
// row for each sequence of `at`, or undefined for zeros; result (B, T, E). logits (L, E), bound (E). hgrn_scan keeps
// its inputs and h; hgrn_lower_bound keeps logits. Errors: shapes that disagree, an odd number of channels, boundaries
// that do not fit, a layer that is not there.
// Source: Qin et al., "Hierarchically Gated Recurrent Neural Network for Sequence Modeling", arXiv 2311.04823; the
// real-valued form, with the bounds as the released codes compute them.
#pragma once

#include "../../core/tensor.h"
#include "../boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor hgrn_scan(const Tensor& projection, const Tensor& lower, const Tensor& h0 = {},
                              const Boundaries& at = {});

SCANGRAD_API Tensor hgrn_lower_bound(const Tensor& logits, int64_t layer);

}  // namespace scangrad::SCANGRAD_PRECISION
