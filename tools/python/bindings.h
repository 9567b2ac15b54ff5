// The parts of the Python module.
#pragma once

#include <pybind11/pybind11.h>

namespace scangrad_tools {

void bind_tensor(pybind11::module_& m);    // tensors and gradients
void bind_ops(pybind11::module_& m);       // differentiable operations
void bind_training(pybind11::module_& m);  // parameters, optimizer, state, random numbers
void bind_layers(pybind11::module_& m);    // layers and whole networks

}  // namespace scangrad_tools
