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
  std::vector<Source> sources(static_cast<size_t>(at.streams(B)));
  for (const Span& span : at.spans(B, T)) {
    if (!span.last) continue;
    sources[static_cast<size_t>(span.stream)] = {std::max<int64_t>(span.carried, 0) * cache.capacity(),
                                                 cache.steps_before(span), span.row * T + span.begin, span.steps()};
  }
  return sources;
}

// Writes the rows of every stream to y (streams, P, 2D). If y is the memory of the old cache, its rows stay.
void fill(real* y, int64_t P, const std::vector<Source>& sources, const real* cache, const real* qkv, int64_t D) {
  int64_t rows = 0;
  for (const Source& source : sources) rows += source.steps + (y == cache ? 0 : source.cached);
  each_task(static_cast<int64_t>(sources.size()), threads_for(rows * D / 2), [&](int64_t stream) {
    const Source& source = sources[static_cast<size_t>(stream)];
    real* to = y + stream * P * 2 * D;
    if (y != cache && source.cached > 0) std::copy_n(cache + source.from_cache * 2 * D, source.cached * 2 * D, to);
    to += source.cached * 2 * D;
    for (int64_t t = 0; t < source.steps; ++t) to = std::copy_n(qkv + (source.from_batch + t) * 3 * D + D, 2 * D, to);
  });
}

// Adds the gradient d (streams, P, 2D) of the new cache to those of the old cache and of qkv, which may be null.
void fill_backward(real* dcache, real* dqkv, const real* d, int64_t P, const std::vector<Source>& sources, int64_t D) {
  const auto add = [D](real* to, const real* from, int64_t rows, int64_t stride) {
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t i = 0; i < 2 * D; ++i) to[row * stride + i] += from[row * 2 * D + i];
  };
  for (size_t stream = 0; stream < sources.size(); ++stream) {
    const Source& source = sources[stream];
    const real* const from = d + static_cast<int64_t>(stream) * P * 2 * D;
    if (dcache != nullptr) add(dcache + source.from_cache * 2 * D, from, source.cached, 2 * D);
    if (dqkv != nullptr) add(dqkv + source.from_batch * 3 * D + D, from + source.cached * 2 * D, source.steps, 3 * D);
  }
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

KvCache extended(KvCache cache, const Tensor& qkv, const Boundaries& at) {
  check(qkv.shape().rank() == 3 && qkv.size(2) % 3 == 0, "kv_cache: qkv has shape {}, but (B, T, 3 D) is needed",
        qkv.shape());
  at.check_forward("kv_cache");
  const int64_t B = qkv.size(0), T = qkv.size(1), D = qkv.size(2) / 3, streams = at.streams(B);
  check_cache("kv_cache", cache, streams, D);
  const std::vector<Source> sources = sources_of(cache, at, B, T);
  const int64_t room = cache.capacity();
  Tensor old = std::move(cache.keys_and_values);
  cache.lengths.clear();
  for (const Source& source : sources) cache.lengths.push_back(source.cached + source.steps);

  const bool has_graph = recording() && (old.requires_grad() || qkv.requires_grad());
  const int64_t steps = cache.longest(), P = steps <= room ? room : std::max(steps, room + room / 2);
  if (old.defined() && P == room && !has_graph && !old.is_shared()) {
    fill(old.mutable_data(), P, sources, old.data(), qkv.data(), D);
    cache.keys_and_values = std::move(old);
    return cache;
  }
  Tensor kv = Tensor::zeros({streams, P, 2 * D});
  fill(kv.mutable_data(), P, sources, old.data(), qkv.data(), D);
  cache.keys_and_values = record("kv_cache", kv, {old, qkv}, [sources, P, D](const Tensor& d, Sinks& into) {
    fill_backward(into.zeroed(0), into.zeroed(1), d.data(), P, sources, D);
  });
  return cache;
}

}  // namespace scangrad::SCANGRAD_PRECISION
