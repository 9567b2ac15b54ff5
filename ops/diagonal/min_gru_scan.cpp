#include "min_gru_scan.h"

#include "gated_scan.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

template <Candidate candidate>
struct MinGruGate {
  static constexpr int64_t kParts = 2;
  const real* projection;  // (B T, 2E)
  int64_t E;
  real* d = nullptr;  // gradient of the projection

  struct Values {
    Sigmoid z;
    ValueAndSlope c;
  };
  Values values(int64_t row, int64_t i) const {
    const real v = projection[row * 2 * E + i], k = projection[row * 2 * E + E + i];
    const real ev = candidate_decay<candidate>(v), ek = vdecay(-std::fabs(k));
    const real inverse = 1 / ((1 + ev) * (1 + ek));
    return {sigmoid_pair(k, ek, inverse * (1 + ev)), apply_candidate<candidate>(v, ev, inverse * (1 + ek))};
  }

  Step step(int64_t row, int64_t i) const {
    const auto [z, c] = values(row, i);
    return {z.complement, z.value * c.value};
  }

  KeepAndWrite keep_and_write(int64_t row, int64_t i) const {
    const Sigmoid z = values(row, i).z;
    return {z.complement, z.value};
  }

  Slopes<2> slopes(int64_t row, int64_t i, real before) const {
    const auto [z, c] = values(row, i);
    return {z.complement, {z.value * c.slope, z.value * z.complement * (c.value - before)}};
  }
};

}  // namespace

Tensor min_gru_scan(const Tensor& projection, const Tensor& h0, Candidate candidate, const Boundaries& at) {
  return candidate == Candidate::kG ? gated_scan<MinGruGate<Candidate::kG>>("min_gru_scan", projection, h0, at)
                                    : gated_scan<MinGruGate<Candidate::kIdentity>>("min_gru_scan", projection, h0, at);
}

}  // namespace scangrad::SCANGRAD_PRECISION
