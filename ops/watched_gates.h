// Internal: how a recurrence tells a GateWatch what its gates were.
#pragma once

#include <algorithm>

#include "../core/observe/gate_watch.h"
#include "boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

struct KeepAndWrite {
  real keep, write;
};

// gates(row, d) is a KeepAndWrite, of step `row` = b * T + t and channel d.
template <class F>
void tell_watch(const char* op, const SpanList& spans, int64_t B, int64_t T, int64_t E, F gates) {
  GateWatch* const watch = GateWatch::active();
  if (watch == nullptr) return;
  GateWatch::Call call{op, Tensor::zeros({B, T, E}), Tensor::zeros({B, T, E})};
  real* const keep = call.keep.mutable_data();
  real* const write = call.write.mutable_data();
  for (const Span& span : spans) {
    if (span.start < 0) continue;
    for (int64_t row = span.row * T + span.begin; row < span.row * T + span.end; ++row) {
      for (int64_t d = 0; d < E; ++d) {
        const KeepAndWrite now = gates(row, d);
        keep[row * E + d] = now.keep;
        write[row * E + d] = now.write;
      }
    }
  }
  watch->add(call);
}

}  // namespace scangrad::SCANGRAD_PRECISION
