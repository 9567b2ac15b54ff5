// Where a backward kernel writes the gradient of one input, and the ways to write there.
//
//   accumulate(into[0], n, [=](int64_t i) { return 2 * x[i] * dy[i]; });
//   put(dx, i, value)                                              // one element, inside a loop of the kernel
//   storing(dx, [=](auto store) { ... store(i, value) ... });      // put, for all the loops inside the braces
//
// The first gradient that reaches a tensor is stored, later ones are added to it: so nothing has to be filled with
// zeros first. Which of the two is due, the sink says.
#pragma once

#include "loops.h"

namespace scangrad::SCANGRAD_PRECISION {

// False where no gradient is wanted.
struct Sink {
  real* data = nullptr;
  bool add = false;  // add to the numbers there; otherwise store over them
  explicit operator bool() const { return data != nullptr; }
};

// Stores a value in element i of a sink or adds it, or does nothing where no gradient is wanted.
inline void put(const Sink& sink, int64_t i, real value) {
  if (sink) sink.data[i] = sink.add ? sink.data[i] + value : value;
}

// Calls f(store), where store(i, value) does the same as put. The choice between storing and adding is made once,
// outside the loops of f, so that they become vector code.
template <class F>
void storing(const Sink& sink, F f) {
  real* const d = sink.data;
  if (!sink) return;
  if (sink.add)
    f([d](int64_t i, real value) { d[i] += value; });
  else
    f([d](int64_t i, real value) { d[i] = value; });
}

// put(sink, i, value(i)) for i in 0 ... n - 1, in parallel and as vector code.
template <class Value>
void accumulate(const Sink& sink, int64_t n, Value value) {
  storing(sink, [=](auto store) { elementwise(n, [=](int64_t i) { store(i, value(i)); }); });
}

}  // namespace scangrad::SCANGRAD_PRECISION
