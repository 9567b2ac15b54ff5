#include "kv_cache.h"

#include <algorithm>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/threads.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// Where the rows of a stream come from: first rows of the old cache, then steps of the batch, each contiguous.
struct Source {
  int64_t from_cache = 0, cached = 0;  // first row, over all streams, and number of rows
  int64_t from_batch = 0, steps = 0;
};

std::vector<Source> sources_of(const KvCache& cache, const Boundaries& at, int64_t B, int64_t T) {
  const int64_t P = cache.capacity();
  std::vector<Source> sources(static_cast<size_t>(at.streams(B)));
  for (const Span& span : at.spans(B, T)) {
    if (!span.last) continue;
    const int64_t cached = cache.steps_before(span);
    sources[static_cast<size_t>(span.stream)] = {(span.carried + 1) * P - cached, cached, span.row * T + span.begin,
                                                 span.steps()};
  }
  return sources;
}

}  // namespace

void check_cache(const char* op, const KvCache& cache, int64_t streams, int64_t D) {
  if (!cache.keys_and_values.defined()) return;
  const Shape& shape = cache.keys_and_values.shape();
  check(shape.rank() == 3 && shape[0] == streams && shape[2] == 2 * D,
        "{}: cache has shape {}, but ({}, P, {}) is needed", op, shape, streams, 2 * D);
  check(static_cast<int64_t>(cache.lengths.size()) == streams, "{}: cache has {} lengths, but {} are needed", op,
        cache.lengths.size(), streams);
  for (const int64_t n : cache.lengths)
    check(n >= 0 && n <= shape[1], "{}: cache holds {} steps of a stream, but 0 to {} is needed", op, n, shape[1]);
}

KvCache extended(const KvCache& cache, const Tensor& qkv, const Boundaries& at) {
  check(qkv.shape().rank() == 3 && qkv.size(2) % 3 == 0, "kv_cache: qkv has shape {}, but (B, T, 3 D) is needed",
        qkv.shape());
  at.check_forward("kv_cache");
  const int64_t B = qkv.size(0), T = qkv.size(1), D = qkv.size(2) / 3;
  check_cache("kv_cache", cache, at.streams(B), D);
  const std::vector<Source> sources = sources_of(cache, at, B, T);

  KvCache next;
  int64_t P = 0;
  for (const Source& source : sources) {
    next.lengths.push_back(source.cached + source.steps);
    P = std::max(P, next.lengths.back());
  }
  const int64_t streams = at.streams(B);
  Tensor kv(Shape{streams, P, 2 * D});
  real* const y = kv.mutable_data();
  each_task(streams, threads_for(kv.numel() / 4), [&](int64_t stream) {
    const Source& source = sources[static_cast<size_t>(stream)];
    real* to = std::fill_n(y + stream * P * 2 * D, (P - source.cached - source.steps) * 2 * D, real(0));
    if (source.cached > 0)
      to = std::copy_n(cache.keys_and_values.data() + source.from_cache * 2 * D, source.cached * 2 * D, to);
    for (int64_t t = 0; t < source.steps; ++t)
      to = std::copy_n(qkv.data() + (source.from_batch + t) * 3 * D + D, 2 * D, to);
  });
  next.keys_and_values =
      record("kv_cache", kv, {cache.keys_and_values, qkv}, [sources, P, D](const Tensor& d, Sinks& into) {
        real* const dcache = into.zeroed(0);
        real* const dqkv = into.zeroed(1);
        const auto add = [D](real* sink, const real* from, int64_t rows, int64_t stride) {
          for (int64_t row = 0; sink != nullptr && row < rows; ++row)
            for (int64_t i = 0; i < 2 * D; ++i) sink[row * stride + i] += from[row * 2 * D + i];
        };
        const real* end = d.data();
        for (const Source& source : sources) {
          end += P * 2 * D;
          const real* const steps = end - source.steps * 2 * D;
          add(dqkv ? dqkv + source.from_batch * 3 * D + D : nullptr, steps, source.steps, 3 * D);
          add(dcache ? dcache + source.from_cache * 2 * D : nullptr, steps - source.cached * 2 * D, source.cached,
              2 * D);
        }
      });
  return next;
}

}  // namespace scangrad::SCANGRAD_PRECISION
