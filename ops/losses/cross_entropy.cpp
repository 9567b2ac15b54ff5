#include "cross_entropy.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/kernels/sums.h"
#include "../../core/kernels/vec_math.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// Lane by lane: not every compiler makes vector code of a plain maximum.
real largest(const real* row, int64_t V) {
  constexpr int64_t kLanes = 16;
  real lanes[kLanes];
  std::fill_n(lanes, kLanes, -std::numeric_limits<real>::infinity());
  const auto take = [&](int64_t first, int64_t count) {
#pragma omp simd
    for (int64_t j = 0; j < count; ++j) lanes[j] = row[first + j] > lanes[j] ? row[first + j] : lanes[j];
  };
  int64_t v = 0;
  for (; v + kLanes <= V; v += kLanes) take(v, kLanes);
  take(v, V - v);
  return *std::max_element(lanes, lanes + kLanes);
}

// The logarithm of a row's softmax is logits[v] - largest - log_sum.
struct RowStats {
  real largest, log_sum;
  real log_softmax(real logit) const { return logit - largest - log_sum; }
};

// log(1 + sum over the others of exp(row[v] - shift)) of a row with one largest logit far above the others: the 1 would
// take the digits of the sum.
[[gnu::noinline]] real log_sum_of_sure(const real* row, real shift, int64_t V) {
  real others = 0;
#pragma omp simd reduction(+ : others)
  for (int64_t v = 0; v < V; ++v) others += row[v] == shift ? real(0) : vexp(row[v] - shift);
  return std::log1p(others);
}

void cross_entropy_forward(RowStats* stats, const real* logits, const int32_t* targets, int64_t N, int64_t V) {
  in_parts(N, N * V, [=](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      if (targets[n] < 0) continue;
      const real* const row = logits + n * V;
      const real shift = largest(row, V);
      real sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t v = 0; v < V; ++v) sum += vexp(row[v] - shift);
      constexpr auto kSure = static_cast<real>(1 + 0x1p-10);
      stats[n] = {shift, sum < kSure ? log_sum_of_sure(row, shift, V) : vlog(sum)};
    }
  });
}

// dlogits = scale * (softmax - onehot(target)) for counted positions, 0 for the others.
void cross_entropy_backward(Sink dlogits, const real* logits, const RowStats* stats, const int32_t* targets, real scale,
                            int64_t N, int64_t V) {
  storing(dlogits, [=](auto store) {
    in_parts(N, N * V, [=](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const int64_t first = n * V;
        if (targets[n] < 0) {
          for (int64_t i = first; i < first + V; ++i) store(i, 0);
          continue;
        }
        const RowStats row = stats[n];
#pragma omp simd
        for (int64_t i = first; i < first + V; ++i) store(i, scale * vexp(row.log_softmax(logits[i])));
        dlogits.data[first + targets[n]] -= scale;
      }
    });
  });
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, const Ids& targets, const TargetOptions& options) {
  const CountedTargets counted = counted_targets("cross_entropy", logits.shape(), targets, options);
  const int64_t N = counted.ids.numel(), V = logits.size(-1);
  const auto count = static_cast<real>(counted.count);

  const auto stats = std::make_shared<Scratch<RowStats>>(N);
  cross_entropy_forward(stats->data(), logits.data(), counted.ids.data(), N, V);
  Tensor loss(Shape{});
  const auto surprise = [=, x = logits.data(), ids = counted.ids.data(), rows = stats->data()](int64_t n) {
    return ids[n] < 0 ? 0 : -rows[n].log_softmax(x[n * V + ids[n]]);
  };
  sum_axis(Sink{loss.mutable_data()}, 1, N, 1, surprise);
  loss.mutable_data()[0] /= count;
  return record("cross_entropy", loss, {logits},
                [logits = Saved(logits), stats, ids = counted.ids, count, N, V](const Tensor& dloss, Sinks& into) {
                  cross_entropy_backward(into[0], logits.data(), stats->data(), ids.data(), dloss.item() / count, N, V);
                });
}

}  // namespace scangrad::SCANGRAD_PRECISION
