// Shows the values of gates: while a GateWatch lives, every gated recurrence of this thread stores its coefficients in
// it.
//
//   GateWatch watch;
//   model(ids, state);
//   watch.calls()[layer].keep             (B, T, E): h[t] = keep * h[t-1] + write * candidate
//
//             keep                         write
//   minGRU    1 - z                        z
//   minLSTM   f, or its normalised form    i, or its normalised form
//   GRU       z                            1 - z
//   LSTM      f, of its cell               i
//
// The numbers are those that the op's own kernel uses. There is one entry for each call of an op: for one call of a
// network, layer by layer. Padding holds zeros. An op asks once in each call whether a watch lives; if not, nothing is
// computed or kept. Of several living watches the newest is used. Recurrences in log space (log_scan) and recurrences
// without such gates store nothing.
#pragma once

#include <vector>

#include "../tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API GateWatch {
 public:
  struct Call {
    const char* op;
    Tensor keep, write;
  };

  GateWatch();
  ~GateWatch();
  GateWatch(const GateWatch&) = delete;
  GateWatch& operator=(const GateWatch&) = delete;

  const std::vector<Call>& calls() const { return calls_; }

  // For ops: the newest watch of this thread, or null; and what they store in it.
  static GateWatch* active();
  void add(const Call& call) { calls_.push_back(call); }

 private:
  std::vector<Call> calls_;
  GateWatch* before_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
