// Internal: what the fused gate scans share, min_gru_scan and min_lstm_scan. All inputs of their gates lie in one joint
// projection (B, T, kParts E), which is read in place.
//
//   projection[t] = [part 0, part 1, ...], E channels each      a, b = gate(projection[t])      h[t] = a h[t-1] + b
//
// A gate is a Gate of diagonal_scan.h without input() and gradient(), which JointProjection adds. It has the members
// `projection`, `E` and `d` (the gradient of the projection) in this order, and keep_and_write(row, d), what
// watched_gates.h reports. gated_scan checks the shapes, runs the kernels and records the op.
#pragma once

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../watched_gates.h"
#include "diagonal_scan.h"

namespace scangrad::SCANGRAD_PRECISION {

// sigmoid(k) and 1 - sigmoid(k) = sigmoid(-k), both with all their digits, from e = exp(-|k|) and the inverse of 1 + e.
struct Sigmoid {
  real value, complement;
};
inline Sigmoid sigmoid_pair(real k, real e, real inverse) {
  const real small = e * inverse;
  return {k < 0 ? small : inverse, k < 0 ? inverse : small};
}

// Adds to a gate: where the parts of its joint projection, and of its gradient, lie.
template <class Gate>
struct JointProjection : Gate {
  const real* input(int64_t part, int64_t row) const {
    return this->projection + (row * Gate::kParts + part) * this->E;
  }
  real* gradient(int64_t part, int64_t row) const { return this->d + (row * Gate::kParts + part) * this->E; }
};

// With at least so many channels, h is not kept but recomputed in backward (core/saved.h). That costs little next to
// the matrix products around the scan: 1 % of a step of the paper's Shakespeare network, with 768 channels, but 6 % of
// one of its copying network, with 384.
inline constexpr int64_t kWideStates = 512;

template <class PlainGate>
Tensor gated_scan(const char* op, const Tensor& projection, const Tensor& h0, const Boundaries& at) {
  using Gate = JointProjection<PlainGate>;
  constexpr int64_t parts = Gate::kParts;
  check(projection.shape().rank() == 3 && projection.size(2) % parts == 0,
        "{}: projection has shape {}, but (B, T, {} E) is needed", op, projection.shape(), parts);
  const int64_t B = projection.size(0), T = projection.size(1), E = projection.size(2) / parts;
  check_starts(op, h0, {at.sequences(B, T), E});
  const ScanLayout layout{at.spans(B, T), T, E, at.in_reverse()};

  const auto scan = [B, layout](const std::vector<Tensor>& in) {
    Tensor h(Shape{B, layout.T, layout.D});
    DiagonalScan<Gate>::forward(h.mutable_data(), Gate{{in[0].data(), layout.D}}, in[1].data(), layout);
    return h;
  };
  tell_watch(op, layout.spans, B, T, E,
             [gate = PlainGate{projection.data(), E}](int64_t row, int64_t d) { return gate.keep_and_write(row, d); });
  const std::vector<Tensor> inputs{projection, h0};
  const Tensor h = E >= kWideStates ? rematerialized(scan, inputs) : scan(inputs);
  return record(op, h, inputs,
                [p = Saved(projection), h = Saved(h), h0 = Saved(h0), layout](const Tensor& dh, Sinks& into) {
                  Tensor dp(p.shape());
                  const Gate gate{{p.data(), layout.D, dp.mutable_data()}};
                  DiagonalScan<Gate>::backward(gate, into[1], {dh.data(), h.data(), h0.data()}, layout);
                  into.give(0, dp);
                });
}

}  // namespace scangrad::SCANGRAD_PRECISION
