#include "log_scan.h"

#include <algorithm>
#include <limits>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/kernels/vec_math.h"
#include "../../core/loops.h"
#include "../../core/threads.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kBlock = 256;
constexpr real kLogZero = -std::numeric_limits<real>::infinity();
constexpr real kPadding = std::numeric_limits<real>::lowest();  // as good as log 0, and finite

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
void log_scan_forward(real* l, const real* la, const real* lx, const real* h0, const SpanList& spans, int64_t T,
                      int64_t D, [[maybe_unused]] int64_t work) {
#pragma omp parallel for collapse(2) num_threads(threads_for(work))
  for (int64_t i = 0; i < spans.size(); ++i) {
    for (int64_t first = 0; first < D; first += kBlock) {
      const Span& span = spans[i];
      const int64_t count = std::min(kBlock, D - first);
      real state[kBlock], total[kBlock] = {};  // l[t-1], or logcumsumexp and A
      for (int64_t d = 0; d < count; ++d)
        state[d] = h0 != nullptr && span.start >= 0 ? vlog(h0[span.start * D + first + d]) : kLogZero;
      for (int64_t t = span.begin; t < span.end; ++t) {
        const int64_t row = (span.row * T + t) * D + first;
        if (span.start < 0) {
          std::fill_n(l + row, count, kPadding);
          continue;
        }
#pragma omp simd
        for (int64_t d = 0; d < count; ++d) {
          if constexpr (form == LogForm::kSequential) {
            state[d] = logaddexp(la[row + d] + state[d], lx[row + d]);
            l[row + d] = state[d];
          } else {
            total[d] += la[row + d];
            state[d] = logaddexp(state[d], lx[row + d] - total[d]);
            l[row + d] = total[d] + state[d];
          }
        }
      }
    }
  }
}

// s is the running s[t+1] with what it weighs the past by: flow = r[t+1] * s[t+1].
void log_scan_backward(Sink dla, Sink dlx, Sink dh0, const real* dl, const real* la, const real* lx, const real* l,
                       const real* h0, const SpanList& spans, int64_t T, int64_t D, [[maybe_unused]] int64_t work) {
#pragma omp parallel for collapse(2) num_threads(threads_for(work))
  for (int64_t i = 0; i < spans.size(); ++i) {
    for (int64_t first = 0; first < D; first += kBlock) {
      const Span& span = spans[i];
      const int64_t count = std::min(kBlock, D - first);
      real s[kBlock] = {}, flow[kBlock] = {};
      for (int64_t t = span.end - 1; t >= span.begin; --t) {
        const int64_t row = (span.row * T + t) * D + first;
        for (int64_t d = 0; d < count; ++d) {
          if (span.start < 0) {
            put(dla, row + d, 0);
            put(dlx, row + d, 0);
            continue;
          }
          const real start = h0 != nullptr ? vlog(h0[span.start * D + first + d]) : kLogZero;
          const real before = t > span.begin ? l[row + d - D] : start;
          s[d] = dl[row + d] + flow[d];
          flow[d] = s[d] * share(la[row + d] + before, l[row + d]);
          put(dla, row + d, flow[d]);
          put(dlx, row + d, s[d] * share(lx[row + d], l[row + d]));
        }
      }
      const int64_t row = (span.row * T + span.begin) * D + first;
      for (int64_t d = 0; dh0 && span.start >= 0 && d < count; ++d)
        put(dh0, span.start * D + first + d, span.begin < span.end ? s[d] * share(la[row + d], l[row + d]) : real(0));
    }
  }
}

}  // namespace

Tensor log_scan(const Tensor& log_a, const Tensor& log_x, const Tensor& h0, LogForm form, const Boundaries& at) {
  check(log_a.shape().rank() == 3, "log_scan: log_a has shape {}, but (B, T, D) is needed", log_a.shape());
  const int64_t B = log_a.size(0), T = log_a.size(1), D = log_a.size(2), work = 4 * B * T * D;
  check(log_x.shape() == log_a.shape(), "log_scan: log_x has shape {} but log_a has {}", log_x.shape(), log_a.shape());
  at.check_forward("log_scan");
  const SpanList spans = at.spans(B, T);
  const Shape starts{at.sequences(B, T), D};
  check(!h0.defined() || h0.shape() == starts, "log_scan: h0 has shape {}, but {} is needed", h0.shape(), starts);

  Tensor l(log_a.shape());
  const auto forward =
      form == LogForm::kSequential ? log_scan_forward<LogForm::kSequential> : log_scan_forward<LogForm::kCumulative>;
  forward(l.mutable_data(), log_a.data(), log_x.data(), h0.data(), spans, T, D, work);
  return record("log_scan", l, {log_a, log_x, h0},
                [la = Saved(log_a), lx = Saved(log_x), l = Saved(l), h0 = Saved(h0), spans, T, D, work](
                    const Tensor& dl, Sinks& into) {
                  log_scan_backward(into[0], into[1], into[2], dl.data(), la.data(), lx.data(), l.data(), h0.data(),
                                    spans, T, D, work);
                });
}

}  // namespace scangrad::SCANGRAD_PRECISION
