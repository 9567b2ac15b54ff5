#include "dropout.h"

#include <algorithm>

#include "../core/autograd.h"
#include "../core/check.h"
#include "../core/sink.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// y[i] = x[i] * scale where word i of rng reaches the threshold, else 0: forward and backward alike.
template <class Store>
void dropout_apply(Store store, const real* x, const Rng& rng, uint32_t threshold, real scale, int64_t n) {
  constexpr int64_t kBlock = 1024;
  in_blocks(1, n, kBlock, 2 * n, [=](int64_t, int64_t first, int64_t last) {
    const int64_t count = last - first;
    uint32_t words[kBlock];
    rng.words_at(words, static_cast<uint64_t>(first), count);
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) {
      const real kept = x[first + i] * scale;
      store(first + i, words[i] < threshold ? 0 : kept);
    }
  });
}

}  // namespace

Tensor dropout(const Tensor& x, real p, Rng& rng) {
  check(x.defined(), "dropout: x is undefined, but a tensor is needed");
  check(p >= 0 && p < 1, "dropout: p is {}, but at least 0 and less than 1 is needed", p);
  if (p == 0) return x;
  const uint32_t threshold = chance(p);
  const real scale = 1 / (1 - p);
  const Rng start = rng;
  rng.skip(static_cast<uint64_t>(x.numel()));

  Tensor y(x.shape());
  const auto apply = [=](const Sink& to, const real* from, int64_t n) {
    storing(to, [=](auto store) { dropout_apply(store, from, start, threshold, scale, n); });
  };
  apply(Sink{y.mutable_data()}, x.data(), x.numel());
  return record("dropout", y, {x},
                [=](const Tensor& dy, Sinks& into) { apply(into.over(0, dy), dy.data(), dy.numel()); });
}

}  // namespace scangrad::SCANGRAD_PRECISION
