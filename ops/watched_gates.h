// Internal: how a recurrent op reports the values of its gates to the active GateWatch (core/observe/gate_watch.h).
//
//   keep    the factor of the previous state        write    the factor of the candidate
#pragma once

#include <algorithm>

#include "../core/observe/gate_watch.h"
#include "boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

struct KeepAndWrite {
  real keep, write;
};

// Reports gates(row, d), the KeepAndWrite of step `row` = b * T + t and channel d, for all steps of a batch; 0 at
// padding. Does nothing when no GateWatch is active.
template <class F>
void tell_watch(const char* op, const SpanList& spans, int64_t B, int64_t T, int64_t E, F gates) {
  GateWatch* const watch = GateWatch::active();
  if (watch == nullptr) return;
  GateWatch::Call call{op, Tensor::zeros({B, T, E}), Tensor::zeros({B, T, E})};
  real* const keep = call.keep.mutable_data();
  real* const write = call.write.mutable_data();
  for (const Span& span : spans) {
    if (span.is_padding()) continue;
    for (int64_t row = span.row * T + span.begin; row < span.row * T + span.end; ++row) {
      for (int64_t d = 0; d < E; ++d) {
        const KeepAndWrite gate = gates(row, d);
        keep[row * E + d] = gate.keep;
        write[row * E + d] = gate.write;
      }
    }
  }
  watch->add(call);
}

}  // namespace scangrad::SCANGRAD_PRECISION
