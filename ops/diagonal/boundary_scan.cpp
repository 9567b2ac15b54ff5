#include "boundary_scan.h"

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "diagonal_scan.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// The gate that does nothing: its inputs are a and b.
struct Given {
  static constexpr int64_t kParts = 2;
  const real* a;
  const real* b;
  int64_t D;
  real* da = nullptr;
  real* db = nullptr;

  Step step(int64_t row, int64_t d) const { return {a[row * D + d], b[row * D + d]}; }
  Slopes<2> slopes(int64_t row, int64_t d, real before) const { return {a[row * D + d], {before, 1}}; }
  const real* input(int64_t part, int64_t row) const { return (part == 0 ? a : b) + row * D; }
  real* gradient(int64_t part, int64_t row) const { return (part == 0 ? da : db) + row * D; }
};

}  // namespace

Tensor boundary_scan(const Tensor& a, const Tensor& b, const Tensor& h0, const Boundaries& at) {
  check(a.shape().rank() == 3, "boundary_scan: a has shape {}, but (B, T, D) is needed", a.shape());
  const int64_t B = a.size(0), T = a.size(1), D = a.size(2);
  check(b.shape() == a.shape(), "boundary_scan: b has shape {} but a has {}", b.shape(), a.shape());
  check_starts("boundary_scan", h0, {at.sequences(B, T), D});
  const ScanLayout layout{at.spans(B, T), T, D, at.in_reverse()};

  Tensor h(a.shape());
  DiagonalScan<Given>::forward(h.mutable_data(), {a.data(), b.data(), D}, h0.data(), layout);
  return record("boundary_scan", h, {a, b, h0},
                [a = Saved(a), b = Saved(b), h = Saved(h), h0 = Saved(h0), layout](const Tensor& dh, Sinks& into) {
                  Tensor da(a.shape()), db(a.shape());
                  const Given given{a.data(), b.data(), layout.D, da.mutable_data(), db.mutable_data()};
                  DiagonalScan<Given>::backward(given, into[2], {dh.data(), h.data(), h0.data()}, layout);
                  into.give(0, da);
                  into.give(1, db);
                });
}

}  // namespace scangrad::SCANGRAD_PRECISION
