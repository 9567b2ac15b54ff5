#include "min_gru_scan.h"

#include "gated_scan.h"

namespace scangrad::inline SCANGRAD_PRECISION {
namespace {

template <Candidate candidate>
struct MinGruGate {
  static constexpr int64_t kParts = 2;
  const real* projection;  // (B T, 2E)
  int64_t E;
  real* d = nullptr;  // gradient of the projection

  Affine at(int64_t row, int64_t i) const {
    const real* const p = projection + row * 2 * E + i;
    const real k = p[E];
    const Sigmoid gate = sigmoid_pair(k);
    return {gate.complement, gate.value * apply_candidate<candidate>(p[0]).value};
  }

  real backward(int64_t row, int64_t i, real s, real before) const {
    const real* const p = projection + row * 2 * E + i;
    const Sigmoid gate = sigmoid_pair(p[E]);
    const ValueAndSlope c = apply_candidate<candidate>(p[0]);
    const real dc = s * gate.value;
    d[row * 2 * E + i] = dc * c.slope;
    d[row * 2 * E + E + i] = dc * gate.complement * (c.value - before);
    return gate.complement;
  }
};

}  // namespace

Tensor min_gru_scan(const Tensor& projection, const Tensor& h0, Candidate candidate, const Boundaries& at,
                    Direction direction) {
  return candidate == Candidate::kG
             ? gated_scan<MinGruGate<Candidate::kG>>("min_gru_scan", projection, h0, at, direction)
             : gated_scan<MinGruGate<Candidate::kIdentity>>("min_gru_scan", projection, h0, at, direction);
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
