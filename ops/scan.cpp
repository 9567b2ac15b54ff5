#include "scan.h"

#include <algorithm>

#include "../core/autograd.h"
#include "../core/check.h"
#include "../core/kernels/vec_math.h"
#include "../core/sink.h"
#include "../core/threads.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// Serial in time, vectors over channels, threads over sequences and blocks of channels: every element is read once.
constexpr int64_t kBlock = 256;

void scan_forward(real* h, const real* a, const real* b, const real* h0, int64_t B, int64_t T, int64_t D) {
  in_blocks(B, D, kBlock, B * T * D, [=](int64_t n, int64_t first, int64_t last) {
    const real* before = h0 + n * D;  // h[t-1]
    for (int64_t t = 0; t < T; ++t) {
      const int64_t row = (n * T + t) * D;
#pragma omp simd
      for (int64_t d = first; d < last; ++d) h[row + d] = madd(a[row + d], before[d], b[row + d]);
      before = h + row;
    }
  });
}

void scan_backward(Sinks& into, const real* dh, const real* a, const real* h, const real* h0, const Shape& shape) {
  const Sink da = into[0], db = into[1], dh0 = into[2];
  const int64_t B = shape[0], T = shape[1], D = shape[2];
  in_blocks(B, D, kBlock, B * T * D, [=](int64_t n, int64_t first, int64_t last) {
    const int64_t count = last - first;
    real flow[kBlock] = {};  // a[t+1] * s[t+1], which flows back from the next step
    for (int64_t t = T - 1; t >= 0; --t) {
      const int64_t row = (n * T + t) * D + first;
      const real* const before = t > 0 ? h + row - D : h0 + n * D + first;
#pragma omp simd
      for (int64_t d = 0; d < count; ++d) {
        const real s = dh[row + d] + flow[d];
        put(db, row + d, s);
        put(da, row + d, s * before[d]);
        flow[d] = a[row + d] * s;
      }
    }
    for (int64_t d = 0; d < count; ++d) put(dh0, n * D + first + d, flow[d]);
  });
}

}  // namespace

Tensor scan(const Tensor& a, const Tensor& b, const Tensor& h0) {
  check(a.shape().rank() == 3, "scan: a has shape {}, but (B, T, D) is needed", a.shape());
  const int64_t B = a.size(0), T = a.size(1), D = a.size(2);
  check(b.shape() == a.shape(), "scan: b has shape {} but a has {}", b.shape(), a.shape());
  const Tensor start = h0.defined() ? h0 : Tensor::zeros({B, D});
  check(start.shape() == Shape{B, D}, "scan: h0 has shape {}, but {} is needed", start.shape(), Shape{B, D});

  Tensor h(a.shape());
  scan_forward(h.mutable_data(), a.data(), b.data(), start.data(), B, T, D);
  return record("scan", h, {a, b, h0},
                [a = Saved(a), h = Saved(h), start = Saved(start)](const Tensor& dh, Sinks& into) {
                  scan_backward(into, dh.data(), a.data(), h.data(), start.data(), dh.shape());
                });
}

}  // namespace scangrad::SCANGRAD_PRECISION
