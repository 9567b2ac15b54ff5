#include "saved.h"

#include "autograd.h"
#include "check.h"

namespace scangrad::SCANGRAD_PRECISION {

// How to compute the numbers of a tensor again.
struct Rematerialized {
  Remake f;
  std::vector<Saved> inputs;
  std::weak_ptr<Storage> original;  // while it lives with this version, nothing has to be computed
  uint64_t version;
  Tensor value;  // the recomputed numbers
};

Saved::Saved(const Tensor& tensor) : shape_(tensor.shape()), defined_(tensor.defined()), version_(tensor.version()) {
  if (tensor.made_ != nullptr && tensor.made_->version == version_)
    made_ = tensor.made_;
  else
    tensor_ = tensor.detach();
}

const Tensor& Saved::get() const {
  check(!released_, "backward: a saved tensor of shape {} was read after its release", shape_);
  if (made_ != nullptr && (!tensor_.defined() || tensor_.version() != version_)) fetch();
  check(tensor_.version() == version_, "backward: a tensor of shape {} was overwritten after an op saved it", shape_);
  return tensor_;
}

void Saved::fetch() const {
  if (const std::shared_ptr<Storage> original = made_->original.lock();
      original != nullptr && original->version == made_->version) {
    tensor_.storage_ = original;
  } else {
    if (!made_->value.defined()) {
      const NoGrad no_grad;
      std::vector<Tensor> inputs;
      for (const Saved& input : made_->inputs) inputs.push_back(input.get());
      made_->value = made_->f(inputs).detach();
    }
    tensor_ = made_->value;
  }
  tensor_.shape_ = shape_;
  version_ = tensor_.version();
}

void Saved::release() const {
  released_ = true;
  tensor_ = Tensor();
  if (made_.use_count() == 1) made_->value = Tensor();
}

Tensor rematerialized(const Remake& f, const std::vector<Tensor>& inputs) {
  Tensor y = f(inputs);
  if (!recording() || !y.defined()) return y;
  y.made_ = std::make_shared<Rematerialized>(Rematerialized{f, {}, y.storage_, y.version(), {}});
  // Only their numbers are kept, so that a recomputation never needs another one.
  for (const Tensor& input : inputs) y.made_->inputs.emplace_back(input.detach());
  return y;
}

}  // namespace scangrad::SCANGRAD_PRECISION
