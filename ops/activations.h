// Functions of one number, element by element.
//
//                y = f(x)                               dx = dy times                      keeps
//   sigmoid      1 / (1 + exp(-x))                      y (1 - y)                          y
//   tanh         tanh(x)                                1 - y^2                            y
//   exp          exp(x)                                 y                                  y
//   log          log(x)                                 1 / x                              x
//   softplus     log(1 + exp(x))                        sigmoid(x)                         x
//   relu         max(x, 0)                              1 where y > 0                      y
//   gelu         x Phi(x)                               Phi(x) + x phi(x)                  x
//   silu         x s                                    s (1 + x (1 - s))                  x
//   positive_g   x + 1/2 for x >= 0, s below            1, y (1 - y) below                 y
//   log_g        log(x + 1/2), -softplus(-x) below      1 / (x + 1/2), 1 - s below         x
//
// Here s = sigmoid(x), and Phi and phi are the normal distribution and its density. positive_g is the function g of
// the minGRU paper, which makes a candidate state positive so that its logarithm exists; log_g is that logarithm, right
// where positive_g itself underflows. NaN stays NaN.
//
// Shapes: any; result that of x. Each keeps one tensor: its result where that suffices, since others often hold it
// too. Errors: an undefined tensor.
// Source: gelu: Hendrycks and Gimpel, arXiv 1606.08415, exact form; g: arXiv 2410.01201, appendix B.2.1.
#pragma once

#include "../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor sigmoid(const Tensor& x);
SCANGRAD_API Tensor tanh(const Tensor& x);
SCANGRAD_API Tensor exp(const Tensor& x);
SCANGRAD_API Tensor log(const Tensor& x);
SCANGRAD_API Tensor softplus(const Tensor& x);
SCANGRAD_API Tensor relu(const Tensor& x);
SCANGRAD_API Tensor gelu(const Tensor& x);
SCANGRAD_API Tensor silu(const Tensor& x);
SCANGRAD_API Tensor positive_g(const Tensor& x);
SCANGRAD_API Tensor log_g(const Tensor& x);

}  // namespace scangrad::SCANGRAD_PRECISION
