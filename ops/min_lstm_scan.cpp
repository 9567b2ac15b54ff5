#include "min_lstm_scan.h"

#include "gated_scan.h"

namespace scangrad::inline SCANGRAD_PRECISION {
namespace {

template <Gates gates, Candidate candidate>
struct MinLstmGate {
  static constexpr int64_t kParts = 3;
  const real* projection;  // (B T, 3E)
  int64_t E;
  real* d = nullptr;  // gradient of the projection

  struct Coefficients {
    real a, b;
  };
  static Coefficients coefficients(real kf, real ki) {
    if constexpr (gates == Gates::kPlain) return {vsigmoid(kf), vsigmoid(ki)};
    const Sigmoid input = sigmoid_pair(vsoftplus(-kf) - vsoftplus(-ki));
    return {input.complement, input.value};
  }

  Affine at(int64_t row, int64_t i) const {
    const real* const p = projection + row * 3 * E + i;
    const auto [a, b] = coefficients(p[E], p[2 * E]);
    return {a, b * apply_candidate<candidate>(p[0]).value};
  }

  real backward(int64_t row, int64_t i, real s, real before) const {
    const int64_t at = row * 3 * E + i;
    const real kf = projection[at + E], ki = projection[at + 2 * E];
    const auto [a, b] = coefficients(kf, ki);
    const ValueAndSlope c = apply_candidate<candidate>(projection[at]);
    d[at] = s * b * c.slope;
    if constexpr (gates == Gates::kPlain) {
      d[at + E] = s * before * a * vsigmoid(-kf);
      d[at + 2 * E] = s * c.value * b * vsigmoid(-ki);
    } else {
      const real r = s * (c.value - before) * a * b;
      d[at + E] = -r * vsigmoid(-kf);
      d[at + 2 * E] = r * vsigmoid(-ki);
    }
    return a;
  }
};

template <Gates gates>
Tensor with_candidate(const Tensor& projection, const Tensor& h0, Candidate candidate, const Boundaries& at,
                      Direction direction) {
  return candidate == Candidate::kG
             ? gated_scan<MinLstmGate<gates, Candidate::kG>>("min_lstm_scan", projection, h0, at, direction)
             : gated_scan<MinLstmGate<gates, Candidate::kIdentity>>("min_lstm_scan", projection, h0, at, direction);
}

}  // namespace

Tensor min_lstm_scan(const Tensor& projection, const Tensor& h0, Gates gates, Candidate candidate, const Boundaries& at,
                     Direction direction) {
  return gates == Gates::kPlain ? with_candidate<Gates::kPlain>(projection, h0, candidate, at, direction)
                                : with_candidate<Gates::kNormalised>(projection, h0, candidate, at, direction);
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
