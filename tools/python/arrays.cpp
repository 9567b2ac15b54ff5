#include "arrays.h"

#include <algorithm>
#include <string>
#include <vector>

#include "../../core/check.h"
#include "../../models/exchange/dlpack.h"
#include "../../models/exchange/dlpack_abi.h"

namespace scangrad_tools {

namespace py = pybind11;
using namespace scangrad;

namespace {

constexpr const char* kVersioned = "dltensor_versioned";
constexpr const char* kUnversioned = "dltensor";

// The element type for a letter of the buffer protocol, in this machine's byte order.
DLDataType dtype_of(const Py_buffer& view) {
  std::string format = view.format == nullptr ? "B" : view.format;
  if (format.find_first_of("@=<") == 0) format.erase(0, 1);
  const auto is_one_of = [&](const char* letters) {
    return format.size() == 1 && std::string(letters).find(format) != std::string::npos;
  };
  uint8_t code = kDLOpaqueHandle;
  if (is_one_of("efdg")) code = kDLFloat;
  if (is_one_of("bhilqn")) code = kDLInt;
  if (is_one_of("BHILQN")) code = kDLUInt;
  if (is_one_of("?")) code = kDLBool;
  return {code, static_cast<uint8_t>(8 * view.itemsize), 1};
}

// Describes an array of the buffer protocol in DLPack's form, so that one function checks both kinds.
class Borrowed {
 public:
  // The caller owns the result and must delete it or pass on managed().
  static Borrowed* of(py::handle from) {
    auto array = std::make_unique<Borrowed>();
    if (PyObject_GetBuffer(from.ptr(), &array->view_, PyBUF_RECORDS_RO) != 0) throw py::error_already_set();
    array->describe();
    return array.release();
  }
  ~Borrowed() {
    if (view_.obj == nullptr || Py_IsInitialized() == 0) return;
    const py::gil_scoped_acquire gil;  // the last tensor may be destroyed in any thread
    PyBuffer_Release(&view_);
  }
  DLManagedTensorVersioned* managed() { return &managed_; }

 private:
  void describe() {
    const int64_t bytes = std::max<int64_t>(view_.itemsize, 1);  // 0 would be an unsupported type, refused later
    for (int axis = 0; axis < view_.ndim; ++axis) {
      shape_.push_back(view_.shape[axis]);
      check(view_.strides[axis] % bytes == 0,
            "array: a stride has {} bytes, but multiples of the {} of an element are needed", view_.strides[axis],
            bytes);
      strides_.push_back(view_.strides[axis] / bytes);
    }
    managed_.version = {1, 0};
    managed_.manager_ctx = this;
    managed_.deleter = [](DLManagedTensorVersioned* self) { delete static_cast<Borrowed*>(self->manager_ctx); };
    managed_.flags = view_.readonly != 0 ? uint64_t(kDLReadOnly) : 0;
    managed_.dl_tensor = {view_.buf, {kDLCPU, 0}, view_.ndim, dtype_of(view_), shape_.data(), strides_.data(), 0};
  }

  Py_buffer view_{};
  std::vector<int64_t> shape_, strides_;
  DLManagedTensorVersioned managed_{};
};

// Calls __dlpack__. Older libraries do not accept max_version.
py::object capsule_of(py::handle from) {
  const py::object method = from.attr("__dlpack__");
  try {
    return method(py::arg("max_version") = py::make_tuple(1, 0));
  } catch (py::error_already_set& error) {
    if (!error.matches(PyExc_TypeError)) throw;
  }
  return method();
}

// Takes the array out of a capsule and renames the capsule, so that its destructor does not delete the array.
template <class Managed, class Take>
bool take_capsule(py::handle capsule, const char* name, Take take) {
  if (PyCapsule_IsValid(capsule.ptr(), name) == 0) return false;
  take(static_cast<Managed*>(PyCapsule_GetPointer(capsule.ptr(), name)));
  static const std::string used = std::string("used_") + name;  // each name has its own Managed, so its own variable
  PyCapsule_SetName(capsule.ptr(), used.c_str());
  return true;
}

// Calls take(managed) with the array, in the versioned or the older form.
template <class Take>
void take_array(py::handle from, Take take) {
  if (PyObject_CheckBuffer(from.ptr()) != 0) {
    std::unique_ptr<Borrowed> array(Borrowed::of(from));
    take(array->managed());
    array.release();  // take() has become the owner
    return;
  }
  const py::object capsule = capsule_of(from);
  const bool taken = take_capsule<DLManagedTensorVersioned>(capsule, kVersioned, take) ||
                     take_capsule<DLManagedTensor>(capsule, kUnversioned, take);
  check(taken, "array: __dlpack__ gives {}, but a capsule with an array is needed",
        py::repr(capsule).cast<std::string>());
}

bool is_array(py::handle from) {
  return PyObject_CheckBuffer(from.ptr()) != 0 || py::hasattr(from, "__dlpack__");
}

// A new array from lists or numbers.
py::object listed(py::handle from, const char* dtype) {
  return py::module_::import("numpy").attr("array")(from, py::arg("dtype") = dtype);
}

// Strides are passed too: otherwise pybind11 reads the size of an element as NumPy 1 stored it.
template <class T>
py::array numpy_over(const T* data, const Shape& shape, std::shared_ptr<const void> keeper, bool read_only) {
  using Keeper = std::shared_ptr<const void>;
  const py::capsule base(new Keeper(std::move(keeper)), [](void* kept) { delete static_cast<Keeper*>(kept); });
  std::vector<py::ssize_t> strides;
  for (int axis = 0; axis < shape.rank(); ++axis)
    strides.push_back(shape.after(axis) * static_cast<py::ssize_t>(sizeof(T)));
  const std::vector<py::ssize_t> sizes(shape.begin(), shape.end());
  py::array array(py::dtype::of<T>(), sizes, strides, data, base);
  if (read_only) array.attr("setflags")(py::arg("write") = false);
  return array;
}

template <class Managed>
py::capsule capsule_with(Managed* array, const char* name) {
  return py::capsule(array, name, [](PyObject* capsule) {
    const char* const now = PyCapsule_GetName(capsule);
    if (std::string(now).find("used_") == 0) return;
    auto* const kept = static_cast<Managed*>(PyCapsule_GetPointer(capsule, now));
    kept->deleter(kept);
  });
}

}  // namespace

Tensor to_tensor(py::handle from) {
  if (from.is_none()) return {};
  if (py::isinstance<Tensor>(from)) return from.cast<Tensor>();
  if (!is_array(from)) return to_tensor(listed(from, "float32"));
  Tensor tensor;
  take_array(from, [&](auto* array) { tensor = from_dlpack(array); });
  return tensor;
}

Ids to_ids(py::handle from) {
  if (from.is_none()) return {};
  if (!is_array(from)) return to_ids(listed(from, "int64"));
  const bool is_numpy = py::isinstance<py::array>(from);
  if (is_numpy && (py::reinterpret_borrow<py::array>(from).flags() & py::array::c_style) == 0)  // such as ids[:, :-1]
    return to_ids(py::module_::import("numpy").attr("ascontiguousarray")(from));
  Ids ids;
  take_array(from, [&](auto* array) { ids = ids_from_dlpack(array); });
  return ids;
}

py::array to_numpy(const Tensor& tensor) {
  check(tensor.defined(), "tensor: an undefined tensor has no array");
  return numpy_over(tensor.data(), tensor.shape(), tensor.keeper(), tensor.read_only());
}

py::array to_numpy(const Ids& ids) {
  return numpy_over(ids.data(), ids.shape(), ids.keeper(), false);
}

py::capsule to_capsule(const Tensor& tensor, bool versioned) {
  return versioned ? capsule_with(to_dlpack(tensor), kVersioned)
                   : capsule_with(to_dlpack_unversioned(tensor), kUnversioned);
}

}  // namespace scangrad_tools
