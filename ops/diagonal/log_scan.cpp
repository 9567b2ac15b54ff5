#include "log_scan.h"

#include <algorithm>
#include <limits>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/kernels/vec_math.h"
#include "../../core/sink.h"
#include "../../core/threads.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kBlock = 256;
constexpr real kLogZero = -std::numeric_limits<real>::infinity();
constexpr real kPadding = std::numeric_limits<real>::lowest();  // its exponential is 0, and it is finite

// log(exp(p) + exp(q)); log 0 is legal.
inline real logaddexp(real p, real q) {
  const real most = p > q ? p : q;
  const real sum = most + vsoftplus(-std::fabs(p - q));
  return most == kLogZero ? kLogZero : sum;
}

// exp(part - whole) for part <= whole, where log 0 of log 0 is 0.
inline real share(real part, real whole) {
  return whole == kLogZero ? real(0) : vexp(part - whole);
}

template <LogForm form>
void log_scan_forward(real* l, const real* la, const real* lb, const real* h0, const SpanList& spans,
                      const Shape& shape) {
  const int64_t T = shape[1], D = shape[2];
  in_blocks(spans.size(), D, kBlock, 4 * shape.numel(), [=, &spans](int64_t i, int64_t first, int64_t last) {
    const Span& span = spans[i];
    const int64_t count = last - first;
    real state[kBlock], total[kBlock] = {};  // l[t-1], or logcumsumexp and A
    for (int64_t d = 0; d < count; ++d)
      state[d] = h0 != nullptr && span.start >= 0 ? vlog(h0[span.start * D + first + d]) : kLogZero;
    for (int64_t t = span.begin; t < span.end; ++t) {
      const int64_t row = (span.row * T + t) * D + first;
      if (span.is_padding()) {
        std::fill_n(l + row, count, kPadding);
        continue;
      }
#pragma omp simd
      for (int64_t d = 0; d < count; ++d) {
        if constexpr (form == LogForm::kSequential) {
          state[d] = logaddexp(la[row + d] + state[d], lb[row + d]);
          l[row + d] = state[d];
        } else {
          total[d] += la[row + d];
          state[d] = logaddexp(state[d], lb[row + d] - total[d]);
          l[row + d] = total[d] + state[d];
        }
      }
    }
  });
}

// What log_scan keeps for backward.
struct Kept {
  Saved la, lb, l, h0;
  SpanList spans;
};

void log_scan_backward(Sinks& into, const real* dl, const Kept& kept, const Shape& shape) {
  const int64_t T = shape[1], D = shape[2];
  const Sink dla = into[0], dlb = into[1], dh0 = into[2];
  const real *const la = kept.la.data(), *const lb = kept.lb.data(), *const l = kept.l.data();
  const real* const h0 = kept.h0.data();
  const SpanList& spans = kept.spans;
  in_blocks(spans.size(), D, kBlock, 4 * shape.numel(), [=, &spans](int64_t i, int64_t first, int64_t last) {
    const Span& span = spans[i];
    const int64_t count = last - first;
    real s[kBlock] = {}, flow[kBlock] = {};  // flow = r[t+1] * s[t+1]
    for (int64_t t = span.end - 1; t >= span.begin; --t) {
      const int64_t row = (span.row * T + t) * D + first;
      for (int64_t d = 0; d < count; ++d) {
        if (span.is_padding()) {
          put(dla, row + d, 0);
          put(dlb, row + d, 0);
          continue;
        }
        const real start = h0 != nullptr ? vlog(h0[span.start * D + first + d]) : kLogZero;
        const real before = t > span.begin ? l[row + d - D] : start;
        s[d] = dl[row + d] + flow[d];
        flow[d] = s[d] * share(la[row + d] + before, l[row + d]);
        put(dla, row + d, flow[d]);
        put(dlb, row + d, s[d] * share(lb[row + d], l[row + d]));
      }
    }
    const int64_t row = (span.row * T + span.begin) * D + first;
    for (int64_t d = 0; dh0 && span.start >= 0 && d < count; ++d)
      put(dh0, span.start * D + first + d, span.begin < span.end ? s[d] * share(la[row + d], l[row + d]) : real(0));
  });
}

}  // namespace

Tensor log_scan(const Tensor& log_a, const Tensor& log_b, const Tensor& h0, LogForm form, const Boundaries& at) {
  check(log_a.shape().rank() == 3, "log_scan: log_a has shape {}, but (B, T, D) is needed", log_a.shape());
  const int64_t B = log_a.size(0), T = log_a.size(1), D = log_a.size(2);
  check(log_b.shape() == log_a.shape(), "log_scan: log_b has shape {} but log_a has {}", log_b.shape(), log_a.shape());
  at.check_forward("log_scan");
  const SpanList spans = at.spans(B, T);
  check_starts("log_scan", h0, {at.sequences(B, T), D});

  Tensor l(log_a.shape());
  const auto forward =
      form == LogForm::kSequential ? log_scan_forward<LogForm::kSequential> : log_scan_forward<LogForm::kCumulative>;
  forward(l.mutable_data(), log_a.data(), log_b.data(), h0.data(), spans, log_a.shape());
  return record("log_scan", l, {log_a, log_b, h0},
                [kept = Kept{Saved(log_a), Saved(log_b), Saved(l), Saved(h0), spans}](const Tensor& dl, Sinks& into) {
                  log_scan_backward(into, dl.data(), kept, dl.shape());
                });
}

}  // namespace scangrad::SCANGRAD_PRECISION
