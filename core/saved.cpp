#include "saved.h"

#include <utility>

#include "autograd.h"
#include "check.h"

namespace scangrad::inline SCANGRAD_PRECISION {

// How the numbers of a storage are made again.
struct Rematerialized {
  std::function<Tensor()> make;
  std::weak_ptr<Storage> original;  // as long as it is there and was not written to, nothing needs to be made
  Tensor value;                     // once it was
};

Saved::Saved(const Tensor& tensor) : shape_(tensor.shape()), defined_(tensor.defined()), version_(tensor.version()) {
  if (defined_) made_ = tensor.storage_->made;
  if (made_ == nullptr) tensor_ = tensor.detach();
}

const Tensor& Saved::get() const {
  if (made_ == nullptr) {
    check(tensor_.version() == version_, "backward: a tensor of shape {} was overwritten after an op saved it", shape_);
    return tensor_;
  }
  if (tensor_.defined()) return tensor_;
  if (const std::shared_ptr<Storage> original = made_->original.lock(); original && original->made == made_) {
    tensor_.storage_ = original;
  } else {
    const NoGrad no_grad;
    if (!made_->value.defined()) made_->value = made_->make();
    tensor_ = made_->value;
  }
  tensor_.shape_ = shape_;
  return tensor_;
}

void Saved::release() const {
  tensor_ = Tensor();
  if (made_ != nullptr && made_.use_count() == 1) made_->value = Tensor();
}

Tensor rematerialize(Tensor y, std::function<Tensor()> make) {
  if (recording() && y.defined())
    y.storage_->made = std::make_shared<Rematerialized>(Rematerialized{std::move(make), y.storage_, {}});
  return y;
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
