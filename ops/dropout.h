// Drops numbers at random, so that a network learns not to rely on any of them. For training only.
//
//   forward     y[i] = keep[i] * x[i] / (1 - p)         keep[i] = word i of rng >= p * 2^32
//   backward    dx[i] = keep[i] * dy[i] / (1 - p)
//
// The division keeps the expected value, so nothing needs to change where dropout is not used. The mask is a pure
// function of rng's position: the same for any number of threads, drawn again in backward instead of being stored, and
// drawn again alike by whoever starts from a copy of rng (recomputation).
//
// Shapes: x any; result that of x. rng moves on by as many words as x has elements; p = 0 returns x itself and draws
// nothing. Keeps rng's position. Errors: p outside [0, 1), an undefined tensor.
// Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 2014.
#pragma once

#include "../core/random.h"
#include "../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor dropout(const Tensor& x, real p, Rng& rng);

}  // namespace scangrad::SCANGRAD_PRECISION
