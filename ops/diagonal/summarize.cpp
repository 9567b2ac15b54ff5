#include "summarize.h"

#include <algorithm>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/threads.h"
#include "../arithmetic.h"
#include "../boundaries.h"
#include "step.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kBlock = 256;

// The steps of chunk n in the order in which they are combined: from the left, or from the right for the adjoint.
struct Chunks {
  int64_t B, T, D;
  bool from_right;
  int64_t row(int64_t n, int64_t i) const { return (n * T + (from_right ? T - 1 - i : i)) * D; }
};

// A, X (B, D) of a, b (B, T, D).
void summarize_forward(real* A, real* X, const real* a, const real* b, const Chunks& chunks) {
  const int64_t B = chunks.B, T = chunks.T, D = chunks.D;
  in_blocks(B, D, kBlock, B * T * D, [=](int64_t n, int64_t first, int64_t last) {
    std::fill(A + n * D + first, A + n * D + last, real(1));
    std::fill(X + n * D + first, X + n * D + last, real(0));
    for (int64_t i = 0; i < T; ++i) {
      const int64_t row = chunks.row(n, i);
#pragma omp simd
      for (int64_t d = first; d < last; ++d) {
        const Step whole = combine(Step{a[row + d], b[row + d]}, Step{A[n * D + d], X[n * D + d]});
        A[n * D + d] = whole.a;
        X[n * D + d] = whole.b;
      }
    }
  });
}

// da and db hold P[t-1] and h[t-1] first, then the gradients. dA and dX may be null for zeros.
void summarize_backward(real* da, real* db, const real* dA, const real* dX, const Saved& a, const Saved& b,
                        const Chunks& chunks) {
  const int64_t B = chunks.B, T = chunks.T, D = chunks.D;
  const real *const as = a.data(), *const bs = b.data();
  in_blocks(B, D, kBlock, 2 * B * T * D, [=](int64_t n, int64_t first, int64_t last) {
    const int64_t count = last - first;
    real P[kBlock], h[kBlock], q[kBlock];
    std::fill_n(P, count, real(1));
    std::fill_n(h, count, real(0));
    std::fill_n(q, count, real(1));
    for (int64_t i = 0; i < T; ++i) {
      const int64_t row = chunks.row(n, i) + first;
#pragma omp simd
      for (int64_t d = 0; d < count; ++d) {
        da[row + d] = P[d];
        db[row + d] = h[d];
        const Step whole = combine(Step{as[row + d], bs[row + d]}, Step{P[d], h[d]});
        P[d] = whole.a;
        h[d] = whole.b;
      }
    }
    for (int64_t i = T - 1; i >= 0; --i) {
      const int64_t row = chunks.row(n, i) + first;
      for (int64_t d = 0; d < count; ++d) {
        const real of_A = dA != nullptr ? dA[n * D + first + d] : 0, of_X = dX != nullptr ? dX[n * D + first + d] : 0;
        da[row + d] = q[d] * (of_X * db[row + d] + of_A * da[row + d]);
        db[row + d] = q[d] * of_X;
        q[d] *= as[row + d];
      }
    }
  });
}

Summary summarize(const char* op, const Tensor& a, const Tensor& b, bool from_right) {
  const Chunks chunks{a.size(0), a.size(1), a.size(2), from_right};
  Tensor A(Shape{chunks.B, chunks.D}), X(Shape{chunks.B, chunks.D});
  summarize_forward(A.mutable_data(), X.mutable_data(), a.data(), b.data(), chunks);
  const std::vector<Tensor> results =
      record(op, {A, X}, {a, b}, [a = Saved(a), b = Saved(b), chunks](const std::vector<Tensor>& d, Sinks& into) {
        Tensor da(a.shape()), db(a.shape());
        summarize_backward(da.mutable_data(), db.mutable_data(), d[0].data(), d[1].data(), a, b, chunks);
        into.give(0, da);
        into.give(1, db);
      });
  return {results[0], results[1]};
}

}  // namespace

Summary summarize(const Tensor& a, const Tensor& b) {
  check(a.shape().rank() == 3, "summarize: a has shape {}, but (B, T, D) is needed", a.shape());
  check(b.shape() == a.shape(), "summarize: b has shape {} but a has {}", b.shape(), a.shape());
  return summarize("summarize", a, b, /*from_right=*/false);
}

// The flow f[t] = a[t] s[t] is a linear recurrence too: f[t] = a[t] f[t+1] + a[t] dh[t].
Summary summarize_adjoint(const Tensor& a, const Tensor& dh) {
  check(a.shape().rank() == 3, "summarize_adjoint: a has shape {}, but (B, T, D) is needed", a.shape());
  check(dh.shape() == a.shape(), "summarize_adjoint: dh has shape {} but a has {}", dh.shape(), a.shape());
  return summarize("summarize_adjoint", a, multiply(a, dh), /*from_right=*/true);
}

Summary combine(const Summary& later, const Summary& earlier) {
  check(later.a.shape() == earlier.a.shape(), "combine: the later summary has shape {} but the earlier one {}",
        later.a.shape(), earlier.a.shape());
  return {multiply(later.a, earlier.a), add(multiply(later.a, earlier.b), later.b)};
}

Tensor state_after(const Summary& chunk, const Tensor& h) {
  check_starts("state_after", h, chunk.a.shape(), "h");
  return h.defined() ? add(multiply(chunk.a, h), chunk.b) : chunk.b;
}

}  // namespace scangrad::SCANGRAD_PRECISION
