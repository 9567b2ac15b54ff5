#include "min_lstm_scan.h"

#include "gated_scan.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

template <Gates gates, Candidate candidate>
struct MinLstmGate {
  static constexpr int64_t kParts = 3;
  const real* projection;  // (B T, 3E)
  int64_t E;
  real* d = nullptr;  // gradient of the projection

  // The coefficients of the recurrence, the candidate, and what the gates' slopes are made of.
  struct Values {
    real a, b;
    ValueAndSlope c;
    real df, di;  // plain: 1 - f, 1 - i;  normalised: a b (1 - f), a b (1 - i)
  };
  Values values(int64_t row, int64_t i) const {
    const real* const p = projection + row * 3 * E + i;
    const real v = p[0], kf = p[E], ki = p[2 * E];
    const real ev = candidate_decay<candidate>(v);
    if constexpr (gates == Gates::kPlain) {
      const real ef = vdecay(-std::fabs(kf)), ei = vdecay(-std::fabs(ki));
      const real inverse = 1 / ((1 + ev) * (1 + ef) * (1 + ei));
      const Sigmoid f = sigmoid_pair(kf, ef, inverse * (1 + ev) * (1 + ei));
      const Sigmoid in = sigmoid_pair(ki, ei, inverse * (1 + ev) * (1 + ef));
      return {f.value, in.value, apply_candidate<candidate>(v, ev, inverse * (1 + ef) * (1 + ei)), f.complement,
              in.complement};
    } else {
      // f / (f + i) = (1 + exp(-ki)) / (2 + exp(-ki) + exp(-kf)), all three scaled so that none overflows.
      const real least = kf < ki ? kf : ki, top = least < 0 ? least : real(0);
      const real one = vdecay(top);
      const real ef = vdecay(kf <= top ? real(0) : top - kf), ei = vdecay(ki <= top ? real(0) : top - ki);
      const real sum = (one + ef) + (one + ei);
      const real inverse = 1 / (sum * (1 + ev)), share = inverse * (1 + ev);
      const real a = (one + ei) * share, b = (one + ef) * share;
      return {a, b, apply_candidate<candidate>(v, ev, inverse * sum), a * ef * share, b * ei * share};
    }
  }

  Step step(int64_t row, int64_t i) const {
    const Values now = values(row, i);
    return {now.a, now.b * now.c.value};
  }

  KeepAndWrite keep_and_write(int64_t row, int64_t i) const {
    const Values now = values(row, i);
    return {now.a, now.b};
  }

  Slopes<3> slopes(int64_t row, int64_t i, real before) const {
    const Values now = values(row, i);
    const real dv = now.b * now.c.slope;
    if constexpr (gates == Gates::kPlain) return {now.a, {dv, before * now.a * now.df, now.c.value * now.b * now.di}};
    const real difference = now.c.value - before;
    return {now.a, {dv, -difference * now.df, difference * now.di}};
  }
};

template <Gates gates>
Tensor with_candidate(const Tensor& projection, const Tensor& h0, Candidate candidate, const Boundaries& at) {
  return candidate == Candidate::kG
             ? gated_scan<MinLstmGate<gates, Candidate::kG>>("min_lstm_scan", projection, h0, at)
             : gated_scan<MinLstmGate<gates, Candidate::kIdentity>>("min_lstm_scan", projection, h0, at);
}

}  // namespace

Tensor min_lstm_scan(const Tensor& projection, const Tensor& h0, Gates gates, Candidate candidate,
                     const Boundaries& at) {
  return gates == Gates::kPlain ? with_candidate<Gates::kPlain>(projection, h0, candidate, at)
                                : with_candidate<Gates::kNormalised>(projection, h0, candidate, at);
}

}  // namespace scangrad::SCANGRAD_PRECISION
