#include <memory>
#include <optional>
#include <tuple>

#include "../../core/autograd.h"
#include "../../nn/in_use.h"
#include "../../ops/arithmetic.h"
#include "../../ops/indexing/slice.h"
#include "../../ops/reduce.h"
#include "arguments.h"
#include "bindings.h"

namespace scangrad_tools {

namespace py = pybind11;
using namespace py::literals;
using namespace scangrad;

namespace {

Shape shape_of(const std::vector<int64_t>& sizes) {
  return Shape(sizes.data(), static_cast<int>(sizes.size()));
}

// Calls f without the GIL. A second thread that uses the same parameters meanwhile gets the error Busy.
template <class F>
auto alone(const Tensor& tensor, const char* unit, F f) {
  const std::shared_ptr<Guard> guard = guard_of(tensor);
  const std::shared_ptr<const void> entered = guard ? guard->enter(unit) : nullptr;
  return without_gil(f);
}

// One size may be -1: it is computed from the others.
Tensor reshaped(const Tensor& x, std::vector<int64_t> sizes) {
  int64_t known = 1, *open = nullptr;
  for (int64_t& size : sizes) {
    if (size == -1 && open == nullptr)
      open = &size;
    else
      known *= size;
  }
  if (open != nullptr) *open = known > 0 && x.numel() % known == 0 ? x.numel() / known : -1;
  return without_gil([&] { return x.reshape(shape_of(sizes)); });
}

// Indexes one axis of x: by a number, which drops the axis, or by a slice of step 1.
Tensor along(const Tensor& x, int axis, const py::handle& key, bool& drops) {
  drops = !py::isinstance<py::slice>(key);
  const int64_t size = x.size(axis);
  if (!drops) {
    py::ssize_t begin = 0, end = 0, step = 0, count = 0;
    if (!py::reinterpret_borrow<py::slice>(key).compute(size, &begin, &end, &step, &count))
      throw py::error_already_set();
    check(step == 1, "tensor: a slice has step {}, but 1 is needed", step);
    return without_gil([&] { return slice(x, axis, begin, begin + count); });
  }
  if (PyIndex_Check(key.ptr()) == 0 || PyBool_Check(key.ptr()))
    throw py::type_error("tensor: index is " + py::repr(key).cast<std::string>() +
                         ", but a whole number, a slice or ... is needed");
  const int64_t given = PyNumber_AsSsize_t(key.ptr(), PyExc_IndexError), index = given < 0 ? given + size : given;
  if (given == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  if (index < 0 || index >= size)
    throw py::index_error(fmt::format("tensor: index {} is outside of an axis of size {}", given, size));
  return without_gil([&] { return slice(x, axis, index, index + 1); });
}

Tensor item_at(Tensor x, const py::object& key) {
  const py::tuple keys = py::isinstance<py::tuple>(key) ? py::tuple(key) : py::make_tuple(key);
  std::vector<int64_t> sizes;
  int axis = 0, given = 0;
  for (const py::handle each : keys) given += each.ptr() != Py_Ellipsis;
  check(std::ssize(keys) - given <= 1, "tensor: an index contains ... {} times, but at most once is possible",
        std::ssize(keys) - given);
  const int rank = x.shape().rank();
  check(given <= rank, "tensor: {} indices are given, but {} has {} axes", given, x.shape(), rank);
  for (const py::handle each : keys) {
    if (each.ptr() == Py_Ellipsis) {
      for (int skipped = rank - given; skipped > 0; --skipped) sizes.push_back(x.size(axis++));
      continue;
    }
    bool drops = false;
    x = along(x, axis, each, drops);
    if (!drops) sizes.push_back(x.size(axis));
    ++axis;
  }
  for (; axis < rank; ++axis) sizes.push_back(x.size(axis));
  return x.reshape(shape_of(sizes));
}

py::handle numpy_scalar;  // the type of NumPy's scalars; imported once, because an import may release the GIL

// A number from Python or NumPy.
std::optional<real> number(const py::handle& value) {
  if (!PyFloat_Check(value.ptr()) && !PyLong_Check(value.ptr()) && !py::isinstance(value, numpy_scalar)) return {};
  return static_cast<real>(py::float_(py::reinterpret_borrow<py::object>(value)));
}

// f(a, b) for a tensor and Python's other operand; NotImplemented if that is neither a number nor an array.
template <class F>
py::object with_operand(const Tensor& a, const py::object& b, F f) {
  const std::optional<real> scalar = number(b);
  if (!scalar && !py::isinstance<Tensor>(b) && PyObject_CheckBuffer(b.ptr()) == 0)
    return py::reinterpret_borrow<py::object>(Py_NotImplemented);
  const Tensor other = scalar ? Tensor::full({}, *scalar) : to_tensor(b);
  return py::cast(without_gil([&] { return f(a, other); }));
}

// The library repeats only the second operand, so the smaller one is moved there.
Tensor sum_of(const Tensor& a, const Tensor& b) {
  return a.numel() < b.numel() ? add(b, a) : add(a, b);
}
Tensor difference_of(const Tensor& a, const Tensor& b) {
  return a.numel() < b.numel() ? scale(subtract(b, a), -1) : subtract(a, b);
}
Tensor product_of(const Tensor& a, const Tensor& b) {
  return a.numel() < b.numel() ? multiply(b, a) : multiply(a, b);
}

py::object plus(const Tensor& a, const py::object& b) {
  return with_operand(a, b, sum_of);
}
py::object minus(const Tensor& a, const py::object& b) {
  return with_operand(a, b, difference_of);
}
py::object taken_from(const Tensor& a, const py::object& b) {
  return with_operand(a, b, [](const Tensor& x, const Tensor& y) { return difference_of(y, x); });
}
py::object times(const Tensor& a, const py::object& b) {
  if (const std::optional<real> factor = number(b)) return py::cast(without_gil([&] { return scale(a, *factor); }));
  return with_operand(a, b, product_of);
}

void bind_arithmetic(py::class_<Tensor>& tensor) {
  tensor.def("__add__", plus)
      .def("__radd__", plus)
      .def("__sub__", minus)
      .def("__rsub__", taken_from)
      .def("__mul__", times)
      .def("__rmul__", times)
      .def("__truediv__", [](const Tensor& a, double b) { return without_gil([&] { return scale(a, real(1 / b)); }); })
      .def("__neg__", [](const Tensor& a) { return without_gil([&] { return scale(a, -1); }); });
}

void bind_arrays(py::class_<Tensor>& tensor) {
  tensor.def("numpy", py::overload_cast<const Tensor&>(to_numpy), "An array on the same memory.")
      .def(
          "__array__",
          [](const Tensor& x, const py::object& dtype, const py::object& copy) -> py::object {
            const py::array array = to_numpy(x);
            py::object result = array;
            if (!dtype.is_none()) result = array.attr("astype")(dtype, py::arg("copy") = false);
            const bool shares = result.is(array);
            check(shares || !copy.is(py::bool_(false)),
                  "tensor: an array of another dtype is always a copy, but copy=False was given");
            if (shares && copy.is(py::bool_(true))) result = array.attr("copy")();
            return result;
          },
          "dtype"_a = py::none(), "copy"_a = py::none())
      .def(
          "__dlpack__",
          [](const Tensor& x, const py::object&, const py::object& version, const py::object& device,
             const py::object& copy) {
            if (!device.is_none() && !device.equal(py::make_tuple(1, 0)))
              throw py::buffer_error("tensor: device is " + py::repr(device).cast<std::string>() +
                                     ", but (1, 0), the CPU, is needed");
            const Tensor given = copy.is(py::bool_(true)) ? without_gil([&] { return x.clone(); }) : x;
            return to_capsule(given, !version.is_none() && version[py::int_(0)].cast<int64_t>() >= 1);
          },
          py::kw_only(), "stream"_a = py::none(), "max_version"_a = py::none(), "dl_device"_a = py::none(),
          "copy"_a = py::none())
      .def("__dlpack_device__", [](const Tensor&) { return py::make_tuple(1, 0); });
  tensor.attr("__array_ufunc__") = py::none();  // so that `array + tensor` calls Tensor.__radd__
}

void bind_gradients(py::class_<Tensor>& tensor) {
  tensor
      .def_property(
          "requires_grad", &Tensor::requires_grad,
          [](Tensor& x, bool value) {
            const bool is_new = value && !x.requires_grad();
            x.set_requires_grad(value);
            if (is_new) set_guard(x, std::make_shared<InUse>());
          },
          "Whether operations on it are recorded. Setting it to True makes it a leaf.")
      .def_property_readonly("grad",
                             [](const Tensor& x) -> std::optional<Tensor> {
                               const Tensor gradient = alone(x, "tensor", [&] { return x.grad(); });
                               return gradient.defined() ? std::optional(gradient) : std::nullopt;
                             })
      .def("zero_grad", [](const Tensor& x) { alone(x, "tensor", [&] { x.zero_grad(); }); })
      .def("retain_grad", &Tensor::retain_grad)
      .def(
          "backward",
          [](const Tensor& x, const Given<Tensor>& gradient) { without_gil([&] { backward({x}, {gradient.value}); }); },
          "gradient"_a = py::none(),
          "Computes the gradient for every leaf of the graph and adds it to the leaf's grad.");
}

// `with NAME():` for a class that acts from its constructor to its destructor; may be nested.
template <class Scope, class... Args>
class Context {
 public:
  explicit Context(Args... args) : args_(args...) {}
  void enter() {
    inside_.push_back(std::apply([](const Args&... args) { return std::make_unique<Scope>(args...); }, args_));
  }
  void exit() {
    if (!inside_.empty()) inside_.pop_back();
  }
  static void bind(py::class_<Context> to) {
    to.def("__enter__", &Context::enter).def("__exit__", [](Context& context, const py::args&) { context.exit(); });
  }

 private:
  std::tuple<Args...> args_;
  std::vector<std::unique_ptr<Scope>> inside_;
};

}  // namespace

void bind_tensor(py::module_& m) {
  numpy_scalar = py::object(py::module_::import("numpy").attr("generic")).release();
  py::dtype::of<real>();  // loads NumPy's C functions now
  py::class_<Tensor> tensor(m, "Tensor", "A dense array of 32-bit numbers that can be differentiated.");
  tensor
      .def(py::init([](const Given<Tensor>& values) {
             check(values.value.defined(), "tensor: values is None, but an array, a list or a number is needed");
             return values.value;
           }),
           "values"_a, "Shares the memory of an array or tensor; copies lists and numbers.")
      .def_static("zeros", [](const std::vector<int64_t>& shape) { return Tensor::zeros(shape_of(shape)); })
      .def_static("full",
                  [](const std::vector<int64_t>& shape, real value) { return Tensor::full(shape_of(shape), value); })
      .def_property_readonly(
          "shape",
          [](const Tensor& x) { return py::tuple(py::cast(std::vector<int64_t>(x.shape().begin(), x.shape().end()))); })
      .def_property_readonly("numel", &Tensor::numel)
      .def_property_readonly("version", &Tensor::version)
      .def("__len__",
           [](const Tensor& x) {
             if (x.shape().rank() == 0) throw py::type_error("tensor: a scalar has no length");
             return x.size(0);
           })
      .def("__getitem__", item_at)
      .def("__iter__", [](const py::object& x) { return py::reinterpret_steal<py::object>(PySeqIter_New(x.ptr())); })
      .def("__repr__",
           [](const Tensor& x) {
             const std::string numbers = py::str(to_numpy(x));
             return fmt::format("Tensor({}{})", numbers, x.requires_grad() ? ", requires_grad=True" : "");
           })
      .def("item", &Tensor::item)
      .def("__float__", &Tensor::item)
      .def("detach", &Tensor::detach)
      .def("clone", [](const Tensor& x) { return without_gil([&] { return x.clone(); }); })
      .def(
          "copy_from", [](Tensor& x, const Given<Tensor>& other) { x.copy_from(other.value); }, "other"_a)
      .def("reshape",
           [](const Tensor& x, const py::args& sizes) {
             const bool is_list = sizes.size() == 1 && !PyLong_Check(sizes[0].ptr());
             return reshaped(x, is_list ? sizes[0].cast<std::vector<int64_t>>() : sizes.cast<std::vector<int64_t>>());
           })
      .def(
          "sum",
          [](const Tensor& x, std::optional<int> axis) {
            return without_gil([&] { return axis ? sum(x, *axis) : sum(x); });
          },
          "axis"_a = py::none())
      .def("mean", [](const Tensor& x) { return without_gil([&] { return mean(x); }); });
  bind_arithmetic(tensor);
  bind_arrays(tensor);
  bind_gradients(tensor);

  m.def(
      "backward",
      [](const std::vector<Given<Tensor>>& roots, const std::vector<Given<Tensor>>& gradients) {
        without_gil([&] { backward({roots.begin(), roots.end()}, {gradients.begin(), gradients.end()}); });
      },
      "tensors"_a, "gradients"_a = py::list(),
      "Computes gradients from several tensors at once, with an initial gradient for each.");
  using NoGradContext = Context<NoGrad>;
  NoGradContext::bind(
      py::class_<NoGradContext>(m, "no_grad", "Inside `with no_grad():` no operation is recorded.").def(py::init<>()));
  using PrecisionContext = Context<WithPrecision, Precision>;
  PrecisionContext::bind(py::class_<PrecisionContext>(m, "precision",
                                                      "Inside `with precision(\"bf16\"):` matrix products round their "
                                                      "operands to bf16, also later for the gradient.")
                             .def(py::init<Precision>(), "name"_a));
  m.def("recording", &recording);
}

}  // namespace scangrad_tools
