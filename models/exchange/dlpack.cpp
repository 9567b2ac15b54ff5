#include "dlpack.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "dlpack_abi.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// "float32"
std::string dtype_name(const DLDataType& dtype) {
  if (dtype.code == kDLBool && dtype.bits == 8 && dtype.lanes == 1) return "bool";
  static constexpr const char* kKinds[] = {"int", "uint", "float", "opaque", "bfloat", "complex", "bool"};
  const std::string kind = dtype.code < std::size(kKinds) ? kKinds[dtype.code] : fmt::format("kind {} of ", dtype.code);
  return fmt::format("{}{}{}", kind, dtype.bits, dtype.lanes == 1 ? "" : fmt::format("x{}", dtype.lanes));
}

bool is(const DLDataType& dtype, uint8_t code, uint8_t bits) {
  return dtype.code == code && dtype.bits == bits && dtype.lanes == 1;
}

bool is_read_only(const DLManagedTensorVersioned& array) {
  return (array.flags & kDLReadOnly) != 0;
}
bool is_read_only(const DLManagedTensor&) {
  return false;
}

void check_version(const DLManagedTensorVersioned& array) {
  check(array.version.major == 1, "dlpack: array has version {}.{}, but 1.x is needed", array.version.major,
        array.version.minor);
}
void check_version(const DLManagedTensor&) {}

// In elements; of axes with one index they say nothing.
bool is_row_major(const DLTensor& array, const Shape& shape) {
  if (array.strides == nullptr || shape.numel() == 0) return true;
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (shape[axis] > 1 && array.strides[axis] != shape.after(axis)) return false;
  return true;
}

std::string numbers(const int64_t* begin, int count) {
  std::vector<std::string> words;
  for (int i = 0; i < count; ++i) words.push_back(std::to_string(begin[i]));
  return "[" + joined(words) + "]";
}

// The shape and the first element of an array with elements of `bytes` bytes.
std::pair<Shape, char*> checked(const DLTensor& array, size_t bytes) {
  check(array.device.device_type == kDLCPU, "dlpack: array has device type {}, but {} (CPU) is needed",
        array.device.device_type, static_cast<int32_t>(kDLCPU));
  const Shape shape(array.shape, array.ndim);
  if (!is_row_major(array, shape)) {
    std::vector<int64_t> needed;
    for (int axis = 0; axis < shape.rank(); ++axis) needed.push_back(shape.after(axis));
    fail("dlpack: array of shape {} has strides {}, but {} (row-major, without gaps) is needed", shape,
         numbers(array.strides, shape.rank()), numbers(needed.data(), shape.rank()));
  }
  char* const data = static_cast<char*>(array.data) + array.byte_offset;
  check(array.data != nullptr || shape.numel() == 0, "dlpack: array of shape {} has no memory", shape);
  check(reinterpret_cast<uintptr_t>(data) % bytes == 0,
        "dlpack: the array's address is {} bytes above a multiple of {}, but a multiple is needed",
        reinterpret_cast<uintptr_t>(data) % bytes, bytes);
  return {shape, data};
}

template <class Managed>
void let_go(Managed* array) {
  if (array->deleter != nullptr) array->deleter(array);
}

template <class Managed>
Tensor take(Managed* array) {
  check_version(*array);
  constexpr uint8_t kBits = 8 * sizeof(real);
  check(is(array->dl_tensor.dtype, kDLFloat, kBits), "dlpack: array has dtype {}, but float{} is needed",
        dtype_name(array->dl_tensor.dtype), kBits);
  const auto [shape, data] = checked(array->dl_tensor, sizeof(real));
  const std::shared_ptr<const void> keeper(array, let_go<Managed>);
  if (is_read_only(*array)) return Tensor::over(reinterpret_cast<const real*>(data), shape, keeper);
  return Tensor::over(reinterpret_cast<real*>(data), shape, keeper);
}

template <class From>
Ids copied(const Shape& shape, const char* data) {
  Ids ids(shape);
  const From* const from = reinterpret_cast<const From*>(data);
  for (int64_t i = 0; i < ids.numel(); ++i) {
    ids.data()[i] = static_cast<int32_t>(from[i]);
    if (ids[i] != from[i]) fail("dlpack: array has {} at {}, but ids of 32 bits are needed", from[i], ids.place(i));
  }
  return ids;
}

template <class Managed>
Ids take_ids(Managed* array) {
  check_version(*array);
  const DLDataType& dtype = array->dl_tensor.dtype;
  const bool is_byte = is(dtype, kDLUInt, 8) || is(dtype, kDLBool, 8);
  check(is_byte || is(dtype, kDLInt, 8) || is(dtype, kDLInt, 32) || is(dtype, kDLInt, 64),
        "dlpack: array has dtype {}, but int32 or int64 is needed", dtype_name(dtype));
  const auto [shape, data] = checked(array->dl_tensor, dtype.bits / 8);
  if (dtype.bits == 32 && !is_read_only(*array))
    return Ids::over(reinterpret_cast<int32_t*>(data), shape, std::shared_ptr<const void>(array, let_go<Managed>));
  const Ids ids = dtype.bits == 32   ? copied<int32_t>(shape, data)
                  : dtype.bits == 64 ? copied<int64_t>(shape, data)
                  : is_byte          ? copied<uint8_t>(shape, data)
                                     : copied<int8_t>(shape, data);
  let_go(array);
  return ids;
}

// What is given to others, with all it points to.
template <class Managed>
struct Given {
  Managed managed{};
  Shape shape;
  std::vector<int64_t> sizes, strides;
  std::shared_ptr<const void> keeper;
};

template <class Managed>
Managed* give(const Tensor& tensor) {
  check(tensor.defined(), "dlpack: tensor is undefined, but one with numbers is needed");
  auto given = std::make_unique<Given<Managed>>();
  const Shape& shape = tensor.shape();
  given->sizes.assign(shape.begin(), shape.end());
  for (int axis = 0; axis < shape.rank(); ++axis) given->strides.push_back(shape.after(axis));
  given->keeper = tensor.keeper();
  Managed& managed = given->managed;
  managed.dl_tensor = {const_cast<real*>(tensor.data()),
                       {kDLCPU, 0},
                       shape.rank(),
                       {kDLFloat, 8 * sizeof(real), 1},
                       given->sizes.data(),
                       given->strides.data(),
                       0};
  managed.manager_ctx = given.get();
  managed.deleter = [](Managed* self) { delete static_cast<Given<Managed>*>(self->manager_ctx); };
  return &given.release()->managed;
}

}  // namespace

Tensor from_dlpack(DLManagedTensorVersioned* array) {
  return take(array);
}
Tensor from_dlpack(DLManagedTensor* array) {
  return take(array);
}
Ids ids_from_dlpack(DLManagedTensorVersioned* array) {
  return take_ids(array);
}
Ids ids_from_dlpack(DLManagedTensor* array) {
  return take_ids(array);
}

DLManagedTensorVersioned* to_dlpack(const Tensor& tensor) {
  DLManagedTensorVersioned* const array = give<DLManagedTensorVersioned>(tensor);
  array->version = {1, 0};
  array->flags = tensor.read_only() ? uint64_t(kDLReadOnly) : 0;
  return array;
}

DLManagedTensor* to_dlpack_unversioned(const Tensor& tensor) {
  check(!tensor.read_only(), "dlpack: tensor of shape {} is read-only, which only the versioned form can say",
        tensor.shape());
  return give<DLManagedTensor>(tensor);
}

}  // namespace scangrad::SCANGRAD_PRECISION
