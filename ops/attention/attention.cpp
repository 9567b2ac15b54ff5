#include "attention.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/kernels/gemm.h"
#include "../../core/kernels/vec_math.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kTile = 64;  // queries and keys of a tile: its two square arrays stay in the first-level cache

int64_t tiles(int64_t steps) {
  return (steps + kTile - 1) / kTile;
}

// Which probabilities are dropped. The random words of a tile are drawn together.
struct Mask {
  std::optional<Rng> rng;  // none: nothing is dropped
  uint32_t threshold = 0;
  real scale = 1;  // of those that are not dropped
};

// What both passes read.
struct Input {
  const real* qkv;   // (B, T, 3D)
  const real* past;  // (streams, P, 2D)
  KvCache cache;     // for its lengths
  SpanList spans;
  int64_t B, T, P, D, heads;
  Mask mask;

  int64_t channels() const { return D / heads; }
  real scale() const { return 1 / std::sqrt(static_cast<real>(channels())); }
  int64_t tiles_of_row() const { return tiles(cache.longest()) + tiles(T); }
};

// One head of one span.
struct Task {
  Span span;
  int64_t head, past_steps;
  int64_t steps() const { return span.steps(); }
};

Task task_of(const Input& in, int64_t i) {
  const Span& span = in.spans[i / in.heads];
  return {span, i % in.heads, in.cache.steps_before(span)};
}

// The working memory of a thread. A tile has a row for each key and a column for each query, so that products read
// every operand along its rows, and a vector of the softmax holds several queries.
struct Work {
  real *scores, *dscores;                // (kTile, kTile)
  real *queries, *up;                    // (d, kTile): a tile of q / sqrt(d), and of dy, transposed
  real *largest, *sum, *shrink, *means;  // (kTile), one for each query
  uint32_t* words;                       // (kTile, kTile)

  static int64_t size(int64_t d) { return 3 * kTile * kTile + (2 * d + 4) * kTile; }
  Work(real* memory, int64_t d)
      : scores(memory),
        dscores(scores + kTile * kTile),
        queries(dscores + kTile * kTile),
        up(queries + d * kTile),
        largest(up + d * kTile),
        sum(largest + kTile),
        shrink(sum + kTile),
        means(shrink + kTile),
        words(reinterpret_cast<uint32_t*>(means + kTile)) {}  // a word is not larger than a real
};

// Queries [begin, end) of a task.
struct Queries {
  int64_t begin, end;
  int64_t count() const { return end - begin; }
};

// Up to kTile keys side by side, with their values: steps of the past or of the batch.
struct Keys {
  bool past;
  int64_t row;     // of the first key, in (streams * P) or (B * T)
  int64_t count;   // of keys
  int64_t number;  // of this tile among those of past and batch
  int64_t first;   // step of the first key in its span; of no meaning in the past

  // The first query that sees key j, counted from queries.begin.
  int64_t seen_from(int64_t j, const Queries& queries) const {
    return past ? 0 : std::max<int64_t>(0, first + j - queries.begin);
  }
};

// Calls f with each tile of keys that at least one of the queries sees, the oldest first.
template <class F>
void each_tile_of_keys(const Input& in, const Task& task, const Queries& queries, F f) {
  const int64_t oldest = task.span.carried * in.P;
  for (int64_t j = 0; j < task.past_steps; j += kTile)
    f(Keys{true, oldest + j, std::min(kTile, task.past_steps - j), j / kTile, 0});
  for (int64_t j = 0; j < queries.end; j += kTile)
    f(Keys{false, task.span.row * in.T + task.span.begin + j, std::min(kTile, queries.end - j),
           tiles(in.cache.longest()) + j / kTile, j});
}

// Where the numbers of a head begin: in the result (B, T, D), in qkv (B, T, 3D), in the array that holds the keys (qkv
// or the past), and in the logarithms of sums (heads, B, T). Gradients lie in the same places.
int64_t result_at(const Input& in, const Task& task, int64_t query) {
  return (task.span.row * in.T + task.span.begin + query) * in.D + task.head * in.channels();
}
int64_t query_at(const Input& in, const Task& task, int64_t query) {
  return (task.span.row * in.T + task.span.begin + query) * 3 * in.D + task.head * in.channels();
}
int64_t stride_of(const Input& in, const Keys& keys) {
  return keys.past ? 2 * in.D : 3 * in.D;
}
int64_t key_at(const Input& in, const Task& task, const Keys& keys) {
  return keys.row * stride_of(in, keys) + (keys.past ? 0 : in.D) + task.head * in.channels();
}

int64_t log_sum_at(const Input& in, const Task& task, int64_t query) {
  return (task.head * in.B + task.span.row) * in.T + task.span.begin + query;
}

Matrix query_matrix(const Input& in, const Task& task, const Queries& queries) {
  return matrix(in.qkv + query_at(in, task, queries.begin), queries.count(), in.channels(), 3 * in.D);
}
Matrix key_matrix(const Input& in, const Task& task, const Keys& keys) {
  const real* const from = keys.past ? in.past : in.qkv;
  return matrix(from + key_at(in, task, keys), keys.count, in.channels(), stride_of(in, keys));
}
Matrix value_matrix(const Input& in, const Task& task, const Keys& keys) {
  const real* const from = keys.past ? in.past : in.qkv;
  return matrix(from + key_at(in, task, keys) + in.D, keys.count, in.channels(), stride_of(in, keys));
}

// to (d, kTile) = scale * rows (count, d), transposed.
void transpose(real* to, const Matrix& rows, real scale) {
  for (int64_t c = 0; c < rows.cols; ++c)
    for (int64_t r = 0; r < rows.rows; ++r) to[c * kTile + r] = rows.data[r * rows.row_stride + c] * scale;
}

void draw_words(uint32_t* words, const Input& in, const Task& task, const Queries& queries, const Keys& keys) {
  const int64_t tile = (task.span.row * in.heads + task.head) * in.tiles_of_row() + keys.number;
  const int64_t query = tile * in.T + task.span.begin + queries.begin;
  in.mask.rng->words_at(words, static_cast<uint64_t>(query * kTile), queries.count() * keys.count);
}

// Adds a tile of scores to the running softmax: they become exp(score - largest), or 0 where a query does not see the
// key. `shrink` is the factor that the earlier sums and results must be multiplied by, because `largest` has grown.
void softmax_forward(const Work& work, const Queries& queries, const Keys& keys) {
  const int64_t n = queries.count();
  real *const largest = work.largest, *const sum = work.sum, *const shrink = work.shrink;
  std::copy_n(largest, n, shrink);
  for (int64_t j = 0; j < keys.count; ++j) {
    const real* const s = work.scores + j * kTile;
#pragma omp simd
    for (int64_t r = keys.seen_from(j, queries); r < n; ++r) largest[r] = s[r] > largest[r] ? s[r] : largest[r];
  }
#pragma omp simd
  for (int64_t r = 0; r < n; ++r) {
    shrink[r] = vexp(shrink[r] - largest[r]);
    sum[r] *= shrink[r];
  }
  for (int64_t j = 0; j < keys.count; ++j) {
    real* const s = work.scores + j * kTile;
    const int64_t first = keys.seen_from(j, queries);
    std::fill_n(s, first, real(0));
#pragma omp simd
    for (int64_t r = first; r < n; ++r) {
      s[r] = vexp(s[r] - largest[r]);
      sum[r] += s[r];
    }
  }
}

void drop(const Work& work, const Mask& mask, int64_t rows, int64_t columns) {
  for (int64_t j = 0; j < rows; ++j) {
    real* const s = work.scores + j * kTile;
    const uint32_t* const words = work.words + j * columns;
#pragma omp simd
    for (int64_t r = 0; r < columns; ++r) {
      const real kept = s[r] * mask.scale;
      s[r] = words[r] < mask.threshold ? 0 : kept;
    }
  }
}

// Multiplies row r of the results by factor[r].
void scale_rows(real* y, const real* factor, int64_t rows, int64_t channels, int64_t stride) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < channels; ++c) y[r * stride + c] *= factor[r];
}

struct Results {
  real *y, *log_sums;
};

void queries_forward(const Results& out, const Work& work, const Input& in, const Task& task, const Queries& queries) {
  const int64_t n = queries.count(), d = in.channels();
  real* const to = out.y + result_at(in, task, queries.begin);
  real* const log_sums = out.log_sums + log_sum_at(in, task, queries.begin);
  transpose(work.queries, query_matrix(in, task, queries), in.scale());
  std::fill_n(work.largest, n, -std::numeric_limits<real>::infinity());
  std::fill_n(work.sum, n, real(0));
  bool is_first = true;
  each_tile_of_keys(in, task, queries, [&](const Keys& keys) {
    small_gemm(work.scores, kTile, key_matrix(in, task, keys), matrix(work.queries, d, n, kTile), false);
    softmax_forward(work, queries, keys);
    if (in.mask.rng) {
      draw_words(work.words, in, task, queries, keys);
      drop(work, in.mask, keys.count, n);
    }
    if (!is_first) scale_rows(to, work.shrink, n, d, in.D);
    small_gemm(to, in.D, transposed(matrix(work.scores, keys.count, n, kTile)), value_matrix(in, task, keys),
               !is_first);
    is_first = false;
  });
  for (int64_t r = 0; r < n; ++r) {
    log_sums[r] = work.largest[r] + vlog(work.sum[r]);
    work.shrink[r] = 1 / work.sum[r];
  }
  scale_rows(to, work.shrink, n, d, in.D);
}

// The work of all pairs of a query and a key, as in threads_for.
int64_t work_of(const Input& in) {
  int64_t pairs = 0;
  for (const Span& span : in.spans) pairs += span.steps() * (span.steps() + 2 * in.cache.steps_before(span)) / 2;
  return pairs * (in.D / 8 + in.heads);
}

void attention_forward(const Results& out, real* memory, const Input& in, int threads) {
  each_task(in.spans.size() * in.heads, threads, [&](int64_t i) {
    const Task task = task_of(in, i);
    if (task.span.is_padding()) {
      for (int64_t t = 0; t < task.steps(); ++t) std::fill_n(out.y + result_at(in, task, t), in.channels(), real(0));
      return;
    }
    const Work work(memory + thread_index() * Work::size(in.channels()), in.channels());
    for (int64_t t = 0; t < task.steps(); t += kTile)
      queries_forward(out, work, in, task, {t, std::min(t + kTile, task.steps())});
  });
}

// scores: from S to M P. dscores: from <dy, v> to dS / sqrt(d).
void softmax_backward(const Work& work, const Input& in, const real* log_sums, const Queries& queries,
                      const Keys& keys) {
  const int64_t n = queries.count();
  const real* const means = work.means;
  const real scale = in.scale(), kept_scale = in.mask.scale;
  const uint32_t threshold = in.mask.threshold;
  for (int64_t j = 0; j < keys.count; ++j) {
    real* const s = work.scores + j * kTile;
    real* const ds = work.dscores + j * kTile;
    const uint32_t* const words = work.words + j * n;
    const int64_t first = keys.seen_from(j, queries);
    std::fill_n(s, first, real(0));
    std::fill_n(ds, first, real(0));
#pragma omp simd
    for (int64_t r = first; r < n; ++r) {
      const real p = vexp(s[r] - log_sums[r]);
      const real kept = p * kept_scale, dp = ds[r] * kept_scale;
      const bool dropped = words[r] < threshold;
      s[r] = dropped ? 0 : kept;
      ds[r] = p * ((dropped ? 0 : dp) - means[r]) * scale;
    }
  }
}

// <dy[t], y[t]> for each query: the mean of dP under P, which the gradient of the softmax subtracts.
void means_of(real* means, const real* dy, const real* y, int64_t rows, int64_t channels, int64_t stride) {
  for (int64_t r = 0; r < rows; ++r) {
    real dot = 0;
#pragma omp simd reduction(+ : dot)
    for (int64_t c = 0; c < channels; ++c) dot += dy[r * stride + c] * y[r * stride + c];
    means[r] = dot;
  }
}

// The gradients to add to; null where not wanted.
struct Gradients {
  real *dqkv, *dpast;
};

// What backward is given besides the inputs.
struct Upstream {
  const real *dy, *y, *log_sums;
};

void queries_backward(const Gradients& out, const Upstream& given, const Work& work, const Input& in, const Task& task,
                      const Queries& queries) {
  const int64_t n = queries.count(), d = in.channels();
  const int64_t at = result_at(in, task, queries.begin);
  const real* const log_sums = given.log_sums + log_sum_at(in, task, queries.begin);
  real* const dqkv = out.dqkv;
  const Matrix up = matrix(given.dy + at, n, d, in.D);
  means_of(work.means, given.dy + at, given.y + at, n, d, in.D);
  transpose(work.queries, query_matrix(in, task, queries), in.scale());
  transpose(work.up, up, 1);
  each_tile_of_keys(in, task, queries, [&](const Keys& keys) {
    const Matrix k = key_matrix(in, task, keys);
    small_gemm(work.scores, kTile, k, matrix(work.queries, d, n, kTile), false);
    small_gemm(work.dscores, kTile, value_matrix(in, task, keys), matrix(work.up, d, n, kTile), false);
    if (in.mask.rng) draw_words(work.words, in, task, queries, keys);
    softmax_backward(work, in, log_sums, queries, keys);
    real* const sink = keys.past ? out.dpast : dqkv;
    const Matrix dscores = matrix(work.dscores, keys.count, n, kTile);
    if (dqkv != nullptr) small_gemm(dqkv + query_at(in, task, queries.begin), 3 * in.D, transposed(dscores), k, true);
    if (sink == nullptr) return;
    real* const dk = sink + key_at(in, task, keys);
    small_gemm(dk, stride_of(in, keys), dscores, query_matrix(in, task, queries), true);
    small_gemm(dk + in.D, stride_of(in, keys), matrix(work.scores, keys.count, n, kTile), up, true);
  });
}

// Tasks do not meet: each adds to the channels of its head, in its span and in the past of its stream.
void attention_backward(const Gradients& out, const Upstream& given, real* memory, const Input& in, int threads) {
  each_task(in.spans.size() * in.heads, threads, [&](int64_t i) {
    const Task task = task_of(in, i);
    if (task.span.is_padding()) return;
    const Work work(memory + thread_index() * Work::size(in.channels()), in.channels());
    if (!in.mask.rng) std::fill_n(work.words, kTile * kTile, uint32_t(0));  // no word is below the threshold 0
    for (int64_t t = 0; t < task.steps(); t += kTile)
      queries_backward(out, given, work, in, task, {t, std::min(t + kTile, task.steps())});
  });
}

// Calls f(memory, threads) with working memory for as many threads as the work needs.
template <class F>
void with_memory(const Input& in, int64_t work, F f) {
  const int count = threads_for(work);
  const Scratch<real> memory(count * Work::size(in.channels()));
  f(memory.data(), count);
}

}  // namespace

Tensor attention(const Tensor& qkv, int64_t heads, const KvCache& cache, const Boundaries& at, real dropout, Rng* rng) {
  check(qkv.shape().rank() == 3 && qkv.size(2) % 3 == 0, "attention: qkv has shape {}, but (B, T, 3 D) is needed",
        qkv.shape());
  at.check_forward("attention");
  const int64_t B = qkv.size(0), T = qkv.size(1), D = qkv.size(2) / 3;
  check(heads >= 1 && D % heads == 0, "attention: heads is {}, but a divisor of {} channels is needed", heads, D);
  check(dropout >= 0 && dropout < 1, "attention: dropout is {}, but at least 0 and less than 1 is needed", dropout);
  check_cache("attention", cache, at.streams(B), D);

  const Tensor& past = cache.keys_and_values;
  Input in{.qkv = qkv.data(),
           .past = past.data(),
           .cache = {past.detach(), cache.lengths},
           .spans = at.spans(B, T),
           .B = B,
           .T = T,
           .P = cache.capacity(),
           .D = D,
           .heads = heads,
           .mask = {}};
  if (rng != nullptr && dropout > 0) {
    in.mask = {*rng, chance(dropout), 1 / (1 - dropout)};
    rng->skip(static_cast<uint64_t>(B * heads * in.tiles_of_row() * T * kTile));
  }
  Tensor y(Shape{B, T, D}), log_sums(Shape{heads, B, T});
  with_memory(in, work_of(in), [&](real* memory, int count) {
    attention_forward({y.mutable_data(), log_sums.mutable_data()}, memory, in, count);
  });
  return record("attention", y, {qkv, past},
                [in, qkv = Saved(qkv), past = Saved(past.detach()), y = Saved(y), log_sums = Saved(log_sums)](
                    const Tensor& dy, Sinks& into) {
                  Input again = in;
                  again.qkv = qkv.data();
                  again.past = past.data();
                  with_memory(again, 3 * work_of(in), [&](real* memory, int count) {
                    attention_backward({into.zeroed(0), into.zeroed(1)}, {dy.data(), y.data(), log_sums.data()}, memory,
                                       again, count);
                  });
                });
}

}  // namespace scangrad::SCANGRAD_PRECISION
