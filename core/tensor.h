// The one array type: a value-semantic handle on a dense row-major buffer, with an optional place in a graph.
//
// Copying a Tensor copies the handle; clone() copies the numbers. There are no strided views: reshape() shares the
// buffer; a part of a tensor is taken by an op, or inside a kernel by a leading dimension.
//
//   Tensor w = Tensor::zeros({3, 4});
//   w.set_requires_grad(true);       // now a leaf: ops on it are recorded
//   Tensor loss = ...;               // scalar
//   loss.backward();                 // adds into w.grad()
//
// The members that deal with gradients are explained in autograd.h.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "memory.h"
#include "shape.h"

namespace scangrad::SCANGRAD_PRECISION {

class Node;
struct Rematerialized;

// The numbers, shared by all handles on them. `version` counts the writes, so that backward can see whether a tensor
// still holds the numbers that an op saved.
struct Storage {
  real* data = nullptr;
  uint64_t version = 0;
  std::shared_ptr<const void> keeper;  // owns the memory of data
  bool read_only = false;
};

class SCANGRAD_API Tensor {
 public:
  Tensor() = default;                                           // undefined: no shape, no data
  explicit Tensor(const Shape& shape);                          // uninitialised
  Tensor(const Shape& shape, const std::vector<real>& values);  // row-major
  static Tensor full(const Shape& shape, real value);
  static Tensor zeros(const Shape& shape) { return full(shape, 0); }
  // Uses memory of the caller without a copy, at any address that is aligned for a real. `keeper` is held until the
  // last handle is gone; then its deleter is called once, in the thread of that handle. Over const memory the tensor is
  // read-only. Writes of the caller do not change the version.
  //
  //   Tensor x = Tensor::over(samples, {8, 256}, std::shared_ptr<const void>(samples, std::free));
  static Tensor over(real* data, const Shape& shape, std::shared_ptr<const void> keeper);
  static Tensor over(const real* data, const Shape& shape, std::shared_ptr<const void> keeper);

  bool defined() const { return storage_ != nullptr; }
  const Shape& shape() const { return shape_; }
  int64_t size(int axis) const { return shape_[axis]; }
  int64_t numel() const { return defined() ? shape_.numel() : 0; }
  const real* data() const { return defined() ? storage_->data : nullptr; }
  real* mutable_data();              // to write: counts a new version; an error where the memory is read-only
  real item() const;                 // the value of a tensor with one element
  std::vector<real> values() const;  // a copy of all numbers
  uint64_t version() const { return defined() ? storage_->version : 0; }
  bool read_only() const { return defined() && storage_->read_only; }
  bool is_shared() const;  // another handle, an array of Python, or code with keeper() is on this memory
  // Keeps data() valid, for code that passes the memory on. move_to() replaces both.
  std::shared_ptr<const void> keeper() const { return defined() ? storage_->keeper : nullptr; }

  Tensor detach() const;                     // the same numbers, outside the graph
  Tensor clone() const;                      // a copy of the numbers, outside the graph
  Tensor reshape(const Shape& shape) const;  // the same numbers in another shape; differentiable
  void copy_from(const Tensor& other);       // overwrites the numbers; shapes must agree
  // Moves the numbers to `data`, for every handle on them. Params uses it to put all parameters into one array.
  void move_to(real* data, std::shared_ptr<const void> keeper);

  bool requires_grad() const { return node_ != nullptr; }
  void set_requires_grad(bool value);  // true: becomes a leaf; false: leaves the graph
  void retain_grad() const;            // keeps the gradient of a result after backward, for grad()
  Tensor grad() const;                 // undefined if no gradient has reached the tensor
  void zero_grad() const;
  void backward() const;  // of a scalar, with gradient 1

 private:
  friend class Node;
  friend class Autograd;
  friend class Saved;
  friend SCANGRAD_API Tensor rematerialized(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                                            const std::vector<Tensor>& inputs);

  Shape shape_;
  std::shared_ptr<Storage> storage_;
  std::shared_ptr<Node> node_;
  int output_ = 0;                        // which of the node's outputs this is
  std::shared_ptr<Rematerialized> made_;  // for ops that save the tensor: how to compute it again (saved.h)
};

}  // namespace scangrad::SCANGRAD_PRECISION
