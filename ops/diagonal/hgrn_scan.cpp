#include "hgrn_scan.h"

#include "../../core/kernels/sums.h"
#include "gated_scan.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

struct HgrnGate {
  static constexpr int64_t kParts = 3;  // the two of the projection, and the lower bound
  const real* projection;               // (B T, 2E)
  const real* lower;                    // (E)
  int64_t E;
  real* dprojection = nullptr;
  real* dlower = nullptr;  // (B T, E), to be summed over the rows

  struct Values {
    Sigmoid k, v;
    real q, keep, write;  // silu(v), f, 1 - f
  };
  Values values(int64_t row, int64_t i) const {
    const real v = projection[row * 2 * E + i], k = projection[row * 2 * E + E + i];
    const real ev = vdecay(-std::fabs(v)), ek = vdecay(-std::fabs(k));
    const Sigmoid of_v = sigmoid_pair(v, ev, 1 / (1 + ev)), of_k = sigmoid_pair(k, ek, 1 / (1 + ek));
    const real rest = 1 - lower[i];
    return {of_k, of_v, v * of_v.value, madd(rest, of_k.value, lower[i]), rest * of_k.complement};
  }

  Step step(int64_t row, int64_t i) const {
    const Values now = values(row, i);
    return {now.keep, now.write * now.q};
  }
  KeepAndWrite keep_and_write(int64_t row, int64_t i) const {
    const Values now = values(row, i);
    return {now.keep, now.write};
  }

  Slopes<3> slopes(int64_t row, int64_t i, real before) const {
    const Values now = values(row, i);
    const real v = projection[row * 2 * E + i], df = before - now.q;
    return {
        now.keep,
        {now.write * now.v.value * (1 + v * now.v.complement), df * now.write * now.k.value, df * now.k.complement}};
  }

  const real* input(int64_t part, int64_t row) const { return part < 2 ? projection + (2 * row + part) * E : lower; }
  real* gradient(int64_t part, int64_t row) const {
    return part < 2 ? dprojection + (2 * row + part) * E : dlower + row * E;
  }
};

// softmax(logits)[layer, d] over the layers.
real share(const real* logits, int64_t layers, int64_t E, int64_t layer, int64_t d) {
  real most = logits[d], sum = 0;
  for (int64_t i = 1; i < layers; ++i) most = std::max(most, logits[i * E + d]);
  for (int64_t i = 0; i < layers; ++i) sum += vexp(logits[i * E + d] - most);
  return vexp(logits[layer * E + d] - most) / sum;
}

}  // namespace

Tensor hgrn_scan(const Tensor& projection, const Tensor& lower, const Tensor& h0, const Boundaries& at) {
  check(projection.shape().rank() == 3 && projection.size(2) % 2 == 0,
        "hgrn_scan: projection has shape {}, but (B, T, 2 E) is needed", projection.shape());
  const int64_t B = projection.size(0), T = projection.size(1), E = projection.size(2) / 2;
  check(lower.shape() == Shape{E}, "hgrn_scan: lower has shape {}, but {} is needed", lower.shape(), Shape{E});
  check_starts("hgrn_scan", h0, {at.sequences(B, T), E});
  const ScanLayout layout{at.spans(B, T), T, E, at.in_reverse()};
  Tensor h(Shape{B, T, E});
  const HgrnGate given{projection.data(), lower.data(), E};
  DiagonalScan<HgrnGate>::forward(h.mutable_data(), given, h0.data(), layout);
  tell_watch("hgrn_scan", layout.spans, B, T, E,
             [given](int64_t row, int64_t d) { return given.keep_and_write(row, d); });
  return record("hgrn_scan", h, {projection, lower, h0},
                [p = Saved(projection), lower = Saved(lower), h = Saved(h), h0 = Saved(h0), layout, rows = B * T](
                    const Tensor& dh, Sinks& into) {
                  Tensor dp(p.shape());
                  const Scratch<real> of_lower(rows * layout.D);
                  const HgrnGate gate{p.data(), lower.data(), layout.D, dp.mutable_data(), of_lower.data()};
                  DiagonalScan<HgrnGate>::backward(gate, into[2], {dh.data(), h.data(), h0.data()}, layout);
                  into.give(0, dp);
                  sum_axis(into[1], 1, rows, layout.D, [d = of_lower.data()](int64_t i) { return d[i]; });
                });
}

Tensor hgrn_lower_bound(const Tensor& logits, int64_t layer) {
  check(logits.shape().rank() == 2 && layer >= 0 && layer < logits.size(0),
        "hgrn_lower_bound: logits has shape {} and layer is {}, but (L, E) and 0 to L - 1 are needed", logits.shape(),
        layer);
  const int64_t layers = logits.size(0), E = logits.size(1);
  Tensor bound(Shape{E});
  real* const y = bound.mutable_data();
  for (int64_t d = 0; d < E; ++d) {
    y[d] = 0;
    for (int64_t i = 1; i <= layer; ++i) y[d] += share(logits.data(), layers, E, i, d);
  }
  return record("hgrn_lower_bound", bound, {logits},
                [logits = Saved(logits), bound = Saved(bound), layer, layers, E](const Tensor& dy, Sinks& into) {
                  const Sink dlogits = into[0];
                  for (int64_t i = 0; i < layers; ++i)
                    for (int64_t d = 0; d < E; ++d) {
                      const real inside = i >= 1 && i <= layer ? 1 : 0;
                      const real slope = share(logits.data(), layers, E, i, d) * (inside - bound.data()[d]);
                      put(dlogits, i * E + d, slope * dy.data()[d]);
                    }
                });
}

}  // namespace scangrad::SCANGRAD_PRECISION
