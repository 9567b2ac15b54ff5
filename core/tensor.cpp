#include "tensor.h"

#include <algorithm>
#include <utility>

#include "autograd.h"
#include "check.h"

namespace scangrad::SCANGRAD_PRECISION {

namespace {

std::shared_ptr<const Buffer> buffer_for(const Shape& shape) try {
  return std::make_shared<const Buffer>(static_cast<size_t>(shape.numel()) * sizeof(real));
} catch (const Error& error) {
  fail("tensor: no room for shape {}: {}", shape, error.what());
}

}  // namespace

Tensor::Tensor(const Shape& shape) : shape_(shape), storage_(std::make_shared<Storage>()) {
  auto buffer = buffer_for(shape);
  storage_->data = static_cast<real*>(buffer->data());
  storage_->keeper = std::move(buffer);
}

Tensor::Tensor(const Shape& shape, const std::vector<real>& values) : Tensor(shape) {
  check(static_cast<int64_t>(values.size()) == shape.numel(), "tensor: values has {} numbers, but shape {} needs {}",
        values.size(), shape, shape.numel());
  std::copy(values.begin(), values.end(), storage_->data);
}

Tensor Tensor::full(const Shape& shape, real value) {
  Tensor result(shape);
  std::fill_n(result.storage_->data, shape.numel(), value);
  return result;
}

Tensor Tensor::over(real* data, const Shape& shape, std::shared_ptr<const void> keeper) {
  check(data != nullptr || shape.numel() == 0, "tensor: memory is null, but shape {} has {} elements", shape,
        shape.numel());
  check(reinterpret_cast<uintptr_t>(data) % alignof(real) == 0,
        "tensor: memory is {} bytes after a multiple of {}, but a multiple is needed",
        reinterpret_cast<uintptr_t>(data) % alignof(real), alignof(real));
  Tensor result;
  result.shape_ = shape;
  result.storage_ = std::make_shared<Storage>(Storage{data, 0, std::move(keeper)});
  return result;
}

Tensor Tensor::over(const real* data, const Shape& shape, std::shared_ptr<const void> keeper) {
  Tensor result = over(const_cast<real*>(data), shape, std::move(keeper));
  result.storage_->read_only = true;
  return result;
}

bool Tensor::is_shared() const {
  return defined() && (storage_.use_count() > 1 || storage_->keeper.use_count() > 1);
}

real* Tensor::mutable_data() {
  if (!defined()) return nullptr;
  check(!storage_->read_only, "tensor: memory of shape {} is read-only, but a write was attempted", shape_);
  ++storage_->version;
  return storage_->data;
}

real Tensor::item() const {
  check(numel() == 1, "tensor: item() needs one element, but shape {} has {}", shape_, numel());
  return storage_->data[0];
}

std::vector<real> Tensor::values() const {
  return {data(), data() + numel()};
}

Tensor Tensor::detach() const {
  Tensor result = *this;
  result.node_ = nullptr;
  result.output_ = 0;
  result.made_ = nullptr;
  return result;
}

Tensor Tensor::clone() const {
  if (!defined()) return {};
  Tensor result(shape_);
  std::copy_n(data(), numel(), result.storage_->data);
  return result;
}

Tensor Tensor::reshape(const Shape& shape) const {
  check(defined() && shape.numel() == numel(), "tensor: reshape to {} needs {} elements, but {} has {}", shape,
        shape.numel(), shape_, numel());
  Tensor result = detach();
  result.shape_ = shape;
  result.made_ = made_;
  return record("reshape", result, {*this},
                [from = shape_](const Tensor& dy, Sinks& into) { into.give(0, dy.reshape(from)); });
}

void Tensor::copy_from(const Tensor& other) {
  check(defined() == other.defined(), "tensor: copy_from needs both tensors defined or both undefined");
  check(shape_ == other.shape_, "tensor: copy_from has shape {}, but {} is needed", other.shape_, shape_);
  std::copy_n(other.data(), numel(), mutable_data());
}

void Tensor::move_to(real* data, std::shared_ptr<const void> keeper) {
  check(defined(), "tensor: move_to needs a defined tensor");
  std::copy_n(storage_->data, numel(), data);
  *storage_ = {data, storage_->version + 1, std::move(keeper)};
}

}  // namespace scangrad::SCANGRAD_PRECISION
