// Shows what gates do: while one of these lives, every gated recurrence of this thread leaves its coefficients here.
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
// They are those of the op's own kernel, in the order of the calls: of a network's one call, layer by layer. Padding
// holds zeros. An op asks once a call whether somebody watches; if not, nothing is computed or kept. Of several that
// live, the newest sees. Recurrences through logarithms (log_scan) and those without such gates leave nothing.
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

  // For ops: who watches this thread, or null; and what they tell.
  static GateWatch* active();
  void add(const Call& call) { calls_.push_back(call); }

 private:
  std::vector<Call> calls_;
  GateWatch* before_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
