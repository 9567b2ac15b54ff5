// Between Python's arrays and the library's, without a copy where that is possible.
//
// Taken over as they are: tensors; whatever has the buffer protocol (NumPy) or __dlpack__ (PyTorch, JAX). The array is
// held until the last tensor on it is gone. Lists and numbers are copied, and ids with gaps. None is an undefined
// tensor, or none given.
//
// Errors: those of models/exchange/dlpack.h, and a stride of half elements.
#pragma once

#include <pybind11/numpy.h>

#include "../../core/ids.h"
#include "../../core/tensor.h"

namespace scangrad_tools {

scangrad::Tensor to_tensor(pybind11::handle from);
scangrad::Ids to_ids(pybind11::handle from);

// On the same memory, which the array keeps; not writable where the tensor is read-only. Errors: an undefined tensor.
pybind11::array to_numpy(const scangrad::Tensor& tensor);
pybind11::array to_numpy(const scangrad::Ids& ids);

// What __dlpack__ returns: the versioned form or the older one.
pybind11::capsule to_capsule(const scangrad::Tensor& tensor, bool versioned);

}  // namespace scangrad_tools
