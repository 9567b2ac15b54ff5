// The Python module scangrad._core, on which the package scangrad stands.
#include "../../nn/in_use.h"
#include "bindings.h"

PYBIND11_MODULE(_core, m) {
  const pybind11::object error = pybind11::register_exception<scangrad::Error>(m, "Error", PyExc_ValueError);
  const pybind11::object busy = pybind11::register_exception<scangrad::Busy>(m, "Busy", error);
  for (const pybind11::object& each : {error, busy}) each.attr("__module__") = "scangrad";
  m.attr("__version__") = SCANGRAD_VERSION;
  scangrad_tools::bind_tensor(m);
  scangrad_tools::bind_training(m);
  scangrad_tools::bind_ops(m);
  scangrad_tools::bind_layers(m);
}
