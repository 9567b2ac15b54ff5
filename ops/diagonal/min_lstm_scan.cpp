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

  // The recurrence is h = keep h + write c. df and di are factors of the gates' gradients.
  struct Values {
    real keep, write;
    ValueAndSlope c;
    real df, di;  // plain: 1 - f, 1 - i;  normalised: keep write (1 - f), keep write (1 - i)
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
      const real keep = (one + ei) * share, write = (one + ef) * share;
      return {keep, write, apply_candidate<candidate>(v, ev, inverse * sum), keep * ef * share, write * ei * share};
    }
  }

  Step step(int64_t row, int64_t i) const {
    const Values now = values(row, i);
    return {now.keep, now.write * now.c.value};
  }

  KeepAndWrite keep_and_write(int64_t row, int64_t i) const {
    const Values now = values(row, i);
    return {now.keep, now.write};
  }

  Slopes<3> slopes(int64_t row, int64_t i, real before) const {
    const Values now = values(row, i);
    const real dv = now.write * now.c.slope;
    if constexpr (gates == Gates::kPlain)
      return {now.keep, {dv, before * now.keep * now.df, now.c.value * now.write * now.di}};
    const real difference = now.c.value - before;
    return {now.keep, {dv, -difference * now.df, difference * now.di}};
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
