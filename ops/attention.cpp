#include "attention.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "../core/autograd.h"
#include "../core/check.h"
#include "../core/gemm.h"
#include "../core/loops.h"
#include "../core/vec_math.h"

namespace scangrad::inline SCANGRAD_PRECISION {
namespace {

constexpr int64_t kTile = 64;  // queries and keys of a tile: its two square arrays stay in the nearest cache

int64_t tiles(int64_t steps) {
  return (steps + kTile - 1) / kTile;
}

// Which probabilities are dropped. The words of a tile lie side by side, so that they are drawn in one go.
struct Mask {
  std::optional<Rng> rng;  // none: nothing is dropped
  uint32_t threshold = 0;
  real scale = 1;  // of what stays
};

// What both passes read, and where its parts lie.
struct Input {
  const real* qkv;   // (B, T, 3D)
  const real* past;  // (streams, P, 2D)
  KvCache cache;     // for its lengths
  SpanList spans;
  int64_t T, P, D, heads;
  Mask mask;

  int64_t channels() const { return D / heads; }
  real scale() const { return 1 / std::sqrt(static_cast<real>(channels())); }
  int64_t tiles_of_row() const { return tiles(P) + tiles(T); }
};

// One head of one span.
struct Task {
  Span span;
  int64_t head, past_steps;
  int64_t steps() const { return span.end - span.begin; }
};

Task task_of(const Input& in, int64_t i) {
  const Span& span = in.spans[i / in.heads];
  return {span, i % in.heads, in.cache.steps_before(span)};
}

// A thread's working memory.
struct Work {
  real *scores, *dscores;  // (kTile, kTile)
  uint32_t* words;         // (kTile, kTile)
  real *largest, *sum;     // (kTile)

  static constexpr int64_t kSize = 3 * kTile * kTile + 2 * kTile;
  explicit Work(real* memory)
      : scores(memory),
        dscores(scores + kTile * kTile),
        words(reinterpret_cast<uint32_t*>(dscores + kTile * kTile)),  // a real is at least as large
        largest(dscores + 2 * kTile * kTile),
        sum(largest + kTile) {}
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
  int64_t number;  // of the tile, over past and batch
  int64_t first;   // step of the first key in its span; of no meaning in the past

  // How many of them a query sees.
  int64_t visible(int64_t query) const { return past ? count : std::min(count, query + 1 - first); }
};

// Calls f with the tiles of keys that some of the queries see, oldest first.
template <class F>
void each_tile_of_keys(const Input& in, const Task& task, const Queries& queries, F f) {
  const int64_t oldest = (task.span.carried + 1) * in.P - task.past_steps;
  for (int64_t j = 0; j < task.past_steps; j += kTile)
    f(Keys{true, oldest + j, std::min(kTile, task.past_steps - j), j / kTile, 0});
  for (int64_t j = 0; j < queries.end; j += kTile)
    f(Keys{false, task.span.row * in.T + task.span.begin + j, std::min(kTile, queries.end - j), tiles(in.P) + j / kTile,
           j});
}

// Places of a head in (B, T, D), (B, T, 3D) and the tiles of keys, alike for numbers and gradients.
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
Matrix tile_matrix(const real* tile, const Queries& queries, const Keys& keys) {
  return matrix(tile, queries.count(), keys.count, kTile);
}

void draw_words(uint32_t* words, const Input& in, const Task& task, const Queries& queries, const Keys& keys) {
  const int64_t tile = (task.span.row * in.heads + task.head) * in.tiles_of_row() + keys.number;
  const int64_t row = tile * in.T + task.span.begin + queries.begin;
  in.mask.rng->words_at(words, static_cast<uint64_t>(row * kTile), queries.count() * kTile);
}

// One row of a tile of scores becomes exp(score * scale - largest); returns the sum. What is not visible becomes 0.
real exponentials(real* s, int64_t visible, int64_t count, real scale, real largest) {
  real sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < visible; ++j) {
    s[j] = vexp(madd(s[j], scale, -largest));
    sum += s[j];
  }
  std::fill(s + visible, s + count, real(0));
  return sum;
}

// Takes a tile of scores into the running softmax: scores become unnormalised probabilities under the new maximum, and
// the results so far shrink to it.
void softmax_forward(real* y, const Work& work, const Input& in, const Queries& queries, const Keys& keys,
                     bool is_first) {
  const real scale = in.scale();
  for (int64_t r = 0; r < queries.count(); ++r) {
    real* const s = work.scores + r * kTile;
    const int64_t visible = keys.visible(queries.begin + r);
    real largest = -std::numeric_limits<real>::infinity();
#pragma omp simd reduction(max : largest)
    for (int64_t j = 0; j < visible; ++j) largest = s[j] * scale > largest ? s[j] * scale : largest;
    if (!is_first) largest = std::max(largest, work.largest[r]);
    const real sum = exponentials(s, visible, keys.count, scale, largest);
    const real shrink = is_first ? 0 : vexp(work.largest[r] - largest);
    work.sum[r] = is_first ? sum : madd(work.sum[r], shrink, sum);
    work.largest[r] = largest;
    if (is_first || shrink == 1) continue;
    real* const to = y + r * in.D;
    for (int64_t c = 0; c < in.channels(); ++c) to[c] *= shrink;
  }
}

void drop(const Work& work, const Mask& mask, int64_t rows, int64_t count) {
  for (int64_t r = 0; r < rows; ++r) {
    real* const s = work.scores + r * kTile;
    const uint32_t* const words = work.words + r * kTile;
#pragma omp simd
    for (int64_t j = 0; j < count; ++j) {
      const real kept = s[j] * mask.scale;
      s[j] = words[j] < mask.threshold ? 0 : kept;
    }
  }
}

void queries_forward(real* y, real* log_sums, const Work& work, const Input& in, const Task& task,
                     const Queries& queries) {
  real* const to = y + result_at(in, task, queries.begin);
  bool is_first = true;
  each_tile_of_keys(in, task, queries, [&](const Keys& keys) {
    gemm(work.scores, kTile, query_matrix(in, task, queries), transposed(key_matrix(in, task, keys)), false);
    softmax_forward(to, work, in, queries, keys, is_first);
    if (in.mask.rng) {
      draw_words(work.words, in, task, queries, keys);
      drop(work, in.mask, queries.count(), keys.count);
    }
    gemm(to, in.D, tile_matrix(work.scores, queries, keys), value_matrix(in, task, keys), !is_first);
    is_first = false;
  });
  for (int64_t r = 0; r < queries.count(); ++r) {
    const real inverse = 1 / work.sum[r];
    for (int64_t c = 0; c < in.channels(); ++c) to[r * in.D + c] *= inverse;
    log_sums[r] = work.largest[r] + vlog(work.sum[r]);
  }
}

// Steps times keys, in elementary steps of the thread count.
int64_t work_of(const Input& in) {
  int64_t pairs = 0;
  for (const Span& span : in.spans)
    pairs += (span.end - span.begin) * (span.end - span.begin + 2 * in.cache.steps_before(span)) / 2;
  return pairs * (in.D / 8 + in.heads);
}

// First of a task's numbers in log_sums (heads, B * T).
int64_t log_sum_at(const Input& in, const Task& task, int64_t rows, int64_t query) {
  return task.head * rows + task.span.row * in.T + task.span.begin + query;
}

void attention_forward(real* y, real* log_sums, real* memory, const Input& in, int64_t rows, int threads) {
#pragma omp parallel for num_threads(threads) schedule(dynamic)
  for (int64_t i = 0; i < in.spans.size() * in.heads; ++i) {
    const Task task = task_of(in, i);
    if (task.span.start < 0) {
      for (int64_t t = 0; t < task.steps(); ++t) std::fill_n(y + result_at(in, task, t), in.channels(), real(0));
      continue;
    }
    const Work work(memory + thread_index() * Work::kSize);
    for (int64_t t = 0; t < task.steps(); t += kTile)
      queries_forward(y, log_sums + log_sum_at(in, task, rows, t), work, in, task,
                      {t, std::min(t + kTile, task.steps())});
  }
}

// From scores and <dy, v> to M P in scores and dS / sqrt(d) in dscores.
void softmax_backward(const Work& work, const Input& in, const real* log_sums, const Queries& queries,
                      const Keys& keys) {
  const real scale = in.scale(), kept_scale = in.mask.scale;
  const uint32_t threshold = in.mask.threshold;
  for (int64_t r = 0; r < queries.count(); ++r) {
    real* const s = work.scores + r * kTile;
    real* const ds = work.dscores + r * kTile;
    const uint32_t* const words = work.words + r * kTile;
    const int64_t visible = keys.visible(queries.begin + r);
    const real log_sum = log_sums[r], mean = work.sum[r];
#pragma omp simd
    for (int64_t j = 0; j < visible; ++j) {
      const real p = vexp(madd(s[j], scale, -log_sum));
      const real kept = p * kept_scale, dp = ds[j] * kept_scale;
      const bool dropped = words[j] < threshold;
      s[j] = dropped ? 0 : kept;
      ds[j] = p * ((dropped ? 0 : dp) - mean) * scale;
    }
    std::fill(s + visible, s + keys.count, real(0));
    std::fill(ds + visible, ds + keys.count, real(0));
  }
}

void queries_backward(real* dqkv, real* dpast, const real* dy, const real* y, const real* log_sums, const Work& work,
                      const Input& in, const Task& task, const Queries& queries) {
  const real* const up = dy + result_at(in, task, queries.begin);
  const real* const result = y + result_at(in, task, queries.begin);
  const Matrix q = query_matrix(in, task, queries), dresult = matrix(up, queries.count(), in.channels(), in.D);
  for (int64_t r = 0; r < queries.count(); ++r) {
    real dot = 0;
#pragma omp simd reduction(+ : dot)
    for (int64_t c = 0; c < in.channels(); ++c) dot += up[r * in.D + c] * result[r * in.D + c];
    work.sum[r] = dot;
  }
  each_tile_of_keys(in, task, queries, [&](const Keys& keys) {
    const Matrix k = key_matrix(in, task, keys), v = value_matrix(in, task, keys);
    const Matrix probabilities = tile_matrix(work.scores, queries, keys);
    const Matrix dscores = tile_matrix(work.dscores, queries, keys);
    gemm(work.scores, kTile, q, transposed(k), false);
    gemm(work.dscores, kTile, dresult, transposed(v), false);
    if (in.mask.rng) draw_words(work.words, in, task, queries, keys);
    softmax_backward(work, in, log_sums, queries, keys);
    if (dqkv != nullptr) gemm(dqkv + query_at(in, task, queries.begin), 3 * in.D, dscores, k, true);
    real* const sink = keys.past ? dpast : dqkv;
    if (sink == nullptr) return;
    real* const dk = sink + key_at(in, task, keys);
    gemm(dk, stride_of(in, keys), transposed(dscores), q, true);
    gemm(dk + in.D, stride_of(in, keys), transposed(probabilities), dresult, true);
  });
}

// Adds: every task to the channels of its head, in its span and in the past of its stream.
void attention_backward(real* dqkv, real* dpast, const real* dy, const real* y, const real* log_sums, real* memory,
                        const Input& in, int64_t rows, int threads) {
#pragma omp parallel for num_threads(threads) schedule(dynamic)
  for (int64_t i = 0; i < in.spans.size() * in.heads; ++i) {
    const Task task = task_of(in, i);
    if (task.span.start < 0) continue;
    const Work work(memory + thread_index() * Work::kSize);
    if (!in.mask.rng) std::fill_n(work.words, kTile * kTile, uint32_t(0));  // no word is below the threshold 0
    for (int64_t t = 0; t < task.steps(); t += kTile)
      queries_backward(dqkv, dpast, dy, y, log_sums + log_sum_at(in, task, rows, t), work, in, task,
                       {t, std::min(t + kTile, task.steps())});
  }
}

}  // namespace

Tensor attention(const Tensor& qkv, int64_t heads, const KvCache& cache, const Boundaries& at, real dropout, Rng* rng) {
  check(qkv.shape().rank() == 3 && qkv.size(2) % 3 == 0, "attention: qkv has shape {}, but (B, T, 3 D) is needed",
        qkv.shape());
  const int64_t B = qkv.size(0), T = qkv.size(1), D = qkv.size(2) / 3;
  check(heads >= 1 && D % heads == 0, "attention: heads is {}, but a divisor of {} channels is needed", heads, D);
  check(dropout >= 0 && dropout < 1, "attention: dropout is {}, but at least 0 and less than 1 is needed", dropout);
  check_cache("attention", cache, at.streams(B), D);

  const Tensor& past = cache.keys_and_values;
  Input in{qkv.data(), past.data(), {past.detach(), cache.lengths}, at.spans(B, T), T, cache.capacity(), D, heads, {}};
  if (rng != nullptr && dropout > 0) {
    in.mask = {*rng, static_cast<uint32_t>(static_cast<double>(dropout) * 0x1p32), 1 / (1 - dropout)};
    rng->skip(static_cast<uint64_t>(B * heads * in.tiles_of_row() * T * kTile));
  }
  Tensor y(Shape{B, T, D}), log_sums(Shape{heads, B, T});
  {
    const int count = threads_for(work_of(in));
    const Scratch<real> memory(count * Work::kSize);
    attention_forward(y.mutable_data(), log_sums.mutable_data(), memory.data(), in, B * T, count);
  }
  return record("attention", y, {qkv, past},
                [in, qkv = Saved(qkv), past = Saved(past), y = Saved(y), log_sums = Saved(log_sums), rows = B * T](
                    const Tensor& dy, Sinks& into) {
                  Input again = in;
                  again.qkv = qkv.data();
                  again.past = past.data();
                  const int count = threads_for(3 * work_of(in));
                  const Scratch<real> memory(count * Work::kSize);
                  attention_backward(into.zeroed(0), into.zeroed(1), dy.data(), y.data(), log_sums.data(),
                                     memory.data(), again, rows, count);
                });
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
