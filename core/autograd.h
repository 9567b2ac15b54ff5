// Reverse-mode differentiation: how an op enters the graph, and how gradients run back through it.
//
// An op is a free function. It computes its result y and returns record(name, y, inputs, backward):
//
//   Tensor square(const Tensor& x) {
//     Tensor y(x.shape());
//     square_forward(y.mutable_data(), x.data(), x.numel());
//     return record("square", y, {x}, [x = Saved(x)](const Tensor& dy, Sinks& into) {
//       square_backward(into[0], dy.data(), x.data(), dy.numel());     // dx += 2 x dy
//     });
//   }
//
// The op keeps in memory what the lambda captures (except tensors of rematerialized(), see saved.h). Backward writes
// gradients into sinks (sink.h): the first gradient that reaches a tensor is stored, later ones are added to it.
//
// Nodes are numbered as they are created, and an op comes after its inputs: creation order is a topological order.
// backward() therefore keeps the nodes that still have to run in a priority queue and takes the newest first. There is
// no recursion: a chain of a million ops uses no call stack, neither to run nor to be freed. A node is freed as soon as
// it has run; a second backward through it is an error. backward() may be called inside a backward lambda (this is how
// recomputation works). Graphs of different threads are independent. A leaf belongs to one thread at a time; a guard
// makes a second thread an error (parameters have one: nn/in_use.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "saved.h"
#include "sink.h"
#include "tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

// The gradients of a node's inputs during its backward. One tensor may be given as input twice: its parts are added.
class SCANGRAD_API Sinks {
 public:
  bool wanted(int input) const;
  // The caller must write every element of it.
  Sink operator[](int input);
  // The same, but it may lie in the memory of dy: once element i of the gradient is written, element i of dy is gone.
  Sink over(int input, const Tensor& dy);
  // For kernels that add in parts: zeroed if nothing was written before. Null if no gradient is wanted.
  real* zeroed(int input);
  // Hands over a whole gradient, without a copy where possible. Afterwards the caller must not write to it.
  void give(int input, const Tensor& gradient);

 private:
  friend class Autograd;
  explicit Sinks(Node& node) : node_(node) {}
  struct Twin {
    int input;
    Tensor part;
  };
  Node& node_;
  std::vector<Twin> twins_;  // parts to add afterwards, for a tensor that is an input twice
};

using Backward = std::function<void(const Tensor& dy, Sinks& into)>;
// For several outputs. The gradient of an unused output is undefined.
using BackwardMany = std::function<void(const std::vector<Tensor>& dy, Sinks& into)>;

// Returns y as the result of `op` on the inputs. It is differentiable if an input is and the thread is recording.
// Undefined inputs are allowed. `op` must outlive the graph: use a string literal.
SCANGRAD_API Tensor record(const char* op, Tensor y, const std::vector<Tensor>& inputs, Backward backward);
SCANGRAD_API std::vector<Tensor> record(const char* op, std::vector<Tensor> ys, const std::vector<Tensor>& inputs,
                                        BackwardMany backward);

// Runs back from several roots, with a gradient for each. An undefined gradient means 1, for a root of one element.
// Errors: a root outside any graph, a gradient of another shape, a graph already consumed, a saved tensor overwritten,
// a guard that refuses. After an error the gradients of leaves may be incomplete: call zero_grad().
SCANGRAD_API void backward(const std::vector<Tensor>& roots, const std::vector<Tensor>& gradients = {});

// Decides whether this thread may run back to a leaf. backward() calls enter() once for each guard, before it comes to
// the guarded leaf, and holds the result until it ends. enter() refuses by throwing; `unit` begins its message.
class Guard {
 public:
  virtual ~Guard() = default;
  virtual std::shared_ptr<const void> enter(const char* unit) = 0;
};
SCANGRAD_API void set_guard(const Tensor& leaf, std::shared_ptr<Guard> guard);
// The guard of a leaf; for a result, that of the first guarded leaf below it. Null if there is none.
SCANGRAD_API std::shared_ptr<Guard> guard_of(const Tensor& tensor);

// Names a leaf, for observers (observe/observer.h).
SCANGRAD_API void set_name(const Tensor& leaf, const std::string& name);

// From now on the gradient of this leaf is kept in the memory of `place`.
SCANGRAD_API void place_grad(const Tensor& leaf, Tensor place);
// Whether a gradient has reached a leaf since the last zero_grad().
SCANGRAD_API bool has_grad(const Tensor& leaf);

// Whether ops of this thread are recorded. On at the start; backward() turns it off while it runs.
SCANGRAD_API bool recording();

// Sets recording for a scope.
class SCANGRAD_API Recording {
 public:
  explicit Recording(bool on);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

 private:
  bool before_;
};

struct NoGrad : Recording {
  NoGrad() : Recording(false) {}
};

}  // namespace scangrad::SCANGRAD_PRECISION
