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
// What the lambda captures is what the op keeps in memory (but for what rematerialized() in core/saved.h makes anew).
// Backward adds into sinks: the first contribution to a gradient is stored and later ones are added, so nothing is
// filled with zeros first.
//
// backward() visits nodes from the newest to the oldest. Creation order is a topological order, so there is no sorting
// and no recursion: a chain of a million ops uses no call stack, neither to run nor to be freed. Each node is let go as
// soon as it has run; a second backward through it is an error. It may be called inside a backward lambda (that is how
// recomputation works), and graphs of different threads are independent. A leaf belongs to one thread at a time; where
// it has an owner, as parameters have, a second thread is refused.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "in_use.h"
#include "saved.h"
#include "tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

// Where a backward kernel puts the gradient of one input. False when nobody wants it.
struct Sink {
  real* data = nullptr;
  bool add = false;  // add to what is there; otherwise store over it
  explicit operator bool() const { return data != nullptr; }
};

// The gradients of a node's inputs during its backward. The same tensor given twice as input is handled here.
class SCANGRAD_API Sinks {
 public:
  bool wanted(int input) const;
  // To be written completely. Asking is a promise to write.
  Sink operator[](int input);
  // The same, perhaps in the memory of dy: element i of dy is not to be read any more once element i of the gradient
  // was written.
  Sink over(int input, const Tensor& dy);
  // To be added to, in parts: zeroed when nothing was written before. Null when nobody wants it.
  real* zeroed(int input);
  // Hands over a whole gradient, without a copy where possible: it must not be written to afterwards.
  void give(int input, const Tensor& gradient);

 private:
  friend class Autograd;
  explicit Sinks(Node& node) : node_(node) {}
  struct Twin {
    int input;
    Tensor part;
  };
  Node& node_;
  std::vector<Twin> twins_;  // parts to add afterwards, for an input that is there twice
};

using Backward = std::function<void(const Tensor& dy, Sinks& into)>;
// For several outputs; the gradient of an output that nothing used is undefined.
using BackwardMany = std::function<void(const std::vector<Tensor>& dy, Sinks& into)>;

// Returns y as the result of `op` on the inputs, differentiable if one of them is and the thread is recording.
// Undefined inputs are allowed. `op` must outlive the graph: a string literal.
SCANGRAD_API Tensor record(const char* op, Tensor y, const std::vector<Tensor>& inputs, Backward backward);
SCANGRAD_API std::vector<Tensor> record(const char* op, std::vector<Tensor> ys, const std::vector<Tensor>& inputs,
                                        BackwardMany backward);

// Runs back from several tensors with a gradient for each; an undefined gradient means 1 for a tensor of one element.
// Errors: a root outside any graph, a gradient of another shape, a graph already consumed, a saved tensor overwritten,
// a leaf whose owner another thread uses. After an error on the way, what had arrived at leaves is incomplete:
// zero_grad() them.
SCANGRAD_API void backward(const std::vector<Tensor>& roots, const std::vector<Tensor>& gradients = {});

// Says that a leaf is used by one thread at a time: backward() through it uses `owner` and so refuses a second thread.
SCANGRAD_API void set_owner(const Tensor& leaf, std::shared_ptr<InUse> owner);
// That of a leaf, or of the first leaf with one that a result comes from; null for none.
SCANGRAD_API std::shared_ptr<InUse> owner_of(const Tensor& tensor);

// Names a leaf, for who reports on the graph: nan_watch.h.
SCANGRAD_API void set_name(const Tensor& leaf, const std::string& name);

// Makes `place` the buffer that holds the gradient of a leaf from now on.
SCANGRAD_API void place_grad(const Tensor& leaf, const Tensor& place);
// Whether a gradient has arrived at a leaf since the last zero_grad().
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
