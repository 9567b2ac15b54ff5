#include "qrnn_scan.h"

#include "gated_scan.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

struct QrnnGate {
  static constexpr int64_t kParts = 2;
  const real* projection;  // (B T, 2E)
  int64_t E;
  real* d = nullptr;  // gradient of the projection

  Sigmoid forget(int64_t row, int64_t i) const {
    const real k = projection[row * 2 * E + E + i], e = vdecay(-std::fabs(k));
    return sigmoid_pair(k, e, 1 / (1 + e));
  }
  real candidate(int64_t row, int64_t i) const { return vtanh(projection[row * 2 * E + i]); }

  Step step(int64_t row, int64_t i) const {
    const Sigmoid f = forget(row, i);
    return {f.value, f.complement * candidate(row, i)};
  }

  KeepAndWrite keep_and_write(int64_t row, int64_t i) const {
    const Sigmoid f = forget(row, i);
    return {f.value, f.complement};
  }

  Slopes<2> slopes(int64_t row, int64_t i, real before) const {
    const Sigmoid f = forget(row, i);
    const real z = candidate(row, i);
    return {f.value, {f.complement * (1 - z * z), f.value * f.complement * (before - z)}};
  }
};

}  // namespace

Tensor qrnn_scan(const Tensor& projection, const Tensor& c0, const Boundaries& at) {
  return gated_scan<QrnnGate>("qrnn_scan", projection, c0, at);
}

}  // namespace scangrad::SCANGRAD_PRECISION
