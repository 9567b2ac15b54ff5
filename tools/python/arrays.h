// Converts between Python's arrays and tensors, without a copy if that is possible.
//
// Not copied: tensors, and objects with the buffer protocol (NumPy) or __dlpack__ (PyTorch, JAX). The array is kept
// alive as long as a tensor uses its memory. Copied: lists, numbers, and ids that are not contiguous. None gives an
// undefined tensor.
//
// Errors: those of models/exchange/dlpack.h, and a stride of half elements.
#pragma once

#include <pybind11/numpy.h>

#include "../../core/ids.h"
#include "../../core/tensor.h"

namespace scangrad_tools {

scangrad::Tensor to_tensor(pybind11::handle from);
scangrad::Ids to_ids(pybind11::handle from);

// An array that shares the tensor's memory and keeps it alive; read-only if the tensor is. Errors: an undefined tensor.
pybind11::array to_numpy(const scangrad::Tensor& tensor);
pybind11::array to_numpy(const scangrad::Ids& ids);

// The capsule that __dlpack__ returns: versioned, or in the older form.
pybind11::capsule to_capsule(const scangrad::Tensor& tensor, bool versioned);

}  // namespace scangrad_tools
