// Internal: what the fused gate scans share. A gate reads one joint projection (B, T, kParts * E) in place and is a
// Gate of diagonal_scan.h that also says what it keeps and writes; gated_scan checks the shapes, runs the kernels and
// records the op.
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

// From so many channels on, h is not kept but made again where backward needs it (core/saved.h). That is then little
// beside the products around the scan: 1 % of a step of the paper's Shakespeare network, with 768 channels, but 6 % of
// one of its copying network, with 384.
inline constexpr int64_t kWideStates = 512;

template <class PlainGate>
Tensor gated_scan(const char* op, const Tensor& projection, const Tensor& h0, const Boundaries& at) {
  using Gate = JointProjection<PlainGate>;
  constexpr int64_t parts = Gate::kParts;
  check(projection.shape().rank() == 3 && projection.size(2) % parts == 0,
        "{}: projection has shape {}, but (B, T, {} E) is needed", op, projection.shape(), parts);
  const int64_t B = projection.size(0), T = projection.size(1), E = projection.size(2) / parts;
  const SpanList spans = at.spans(B, T);
  check_starts(op, h0, {at.sequences(B, T), E});

  const auto scan = [=](const std::vector<Tensor>& in) {
    Tensor h(Shape{B, T, E});
    DiagonalScan<Gate>::forward(h.mutable_data(), Gate{{in[0].data(), E}}, in[1].data(), spans, T, E, at.in_reverse());
    return h;
  };
  tell_watch(op, spans, B, T, E,
             [gate = PlainGate{projection.data(), E}](int64_t row, int64_t d) { return gate.keep_and_write(row, d); });
  const std::vector<Tensor> inputs{projection, h0};
  const Tensor h = E >= kWideStates ? rematerialized(scan, inputs) : scan(inputs);
  return record(op, h, inputs,
                [p = Saved(projection), h = Saved(h), h0 = Saved(h0), spans, T, E, in_reverse = at.in_reverse()](
                    const Tensor& dh, Sinks& into) {
                  Tensor dp(p.shape());
                  DiagonalScan<Gate>::backward(Gate{{p.data(), E, dp.mutable_data()}}, into[1], dh.data(), h.data(),
                                               h0.data(), spans, T, E, in_reverse);
                  into.give(0, dp);
                });
}

}  // namespace scangrad::SCANGRAD_PRECISION
