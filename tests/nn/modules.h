// Shared by the tests of layers and models.
#pragma once

#include <functional>

#include "../../core/gradcheck.h"
#include "../../nn/params.h"
#include "../testing.h"

namespace scangrad::SCANGRAD_PRECISION {

// gradcheck over all parameters and the given leaves, which f reads.
inline double check_gradients(const Params& params, const std::function<Tensor()>& f, std::vector<Tensor> leaves = {}) {
  for (const Tensor& tensor : params.tensors()) leaves.push_back(tensor);
  return gradcheck(f, leaves);
}

}  // namespace scangrad::SCANGRAD_PRECISION
