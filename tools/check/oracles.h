// An oracle for each op: its equations in plain loops over exact numbers. `scangrad check numerics` measures the
// kernels against these, and the tests compare them on random shapes. The inputs are those of the op, in its order
// unless a comment gives another one.
#pragma once

#include "../../ops/attention/kv_cache.h"
#include "../../ops/diagonal/candidate.h"
#include "../../ops/diagonal/min_lstm_scan.h"
#include "oracle.h"

namespace scangrad::SCANGRAD_PRECISION {

template <class F>
Oracle elementwise_oracle(F f) {
  return all_at_once([f](const Arrays& in) {
    Array y = in[0];
    for (Exact& each : y) each = f(each);
    return Arrays{y};
  });
}

// h = a h + b for each channel, where coefficients(now, d) gives a and b; the result is h.
template <class Coefficients>
Oracle diagonal_oracle(int64_t D, size_t timed, const Boundaries& at, Coefficients coefficients) {
  const StepFunction step = [coefficients](const Arrays& now, const Arrays&, Arrays& states) {
    for (int64_t d = 0; d < states[0].size(0); ++d) {
      const std::pair<Exact, Exact> of = coefficients(now, d);
      states[0][d] = of.first * states[0][d] + of.second;
    }
    return Arrays{states[0]};
  };
  return TimeOracle(step, {.timed = timed, .states = {{D}}, .channels = {D}, .at = at});
}

// Inputs a, b, h0: scan and boundary_scan.
inline Oracle scan_oracle(int64_t D, const Boundaries& at = {}) {
  return diagonal_oracle(D, 2, at, [](const Arrays& now, int64_t d) { return std::pair(now[0][d], now[1][d]); });
}

inline Exact candidate_of(Candidate candidate, const Exact& v) {
  return candidate == Candidate::kG ? positive_g(v) : v;
}

// Inputs projection, h0.
inline Oracle min_gru_oracle(int64_t E, Candidate candidate, const Boundaries& at = {}) {
  return diagonal_oracle(E, 1, at, [=](const Arrays& now, int64_t d) {
    const Exact& k = now[0][E + d];
    return std::pair(sigmoid(-k), sigmoid(k) * candidate_of(candidate, now[0][d]));
  });
}

// Inputs projection, h0.
inline Oracle min_lstm_oracle(int64_t E, Gates gates, Candidate candidate, const Boundaries& at = {}) {
  return diagonal_oracle(E, 1, at, [=](const Arrays& now, int64_t d) {
    const Exact c = candidate_of(candidate, now[0][d]);
    const Exact &kf = now[0][E + d], &ki = now[0][2 * E + d];
    if (gates == Gates::kPlain) return std::pair(sigmoid(kf), sigmoid(ki) * c);
    // p and q are 1 + exp(-k), both times exp(shift), which keeps them finite.
    const Exact shift = std::min({kf.value, ki.value, 0.0L}) < -10'000 ? (kf.value < ki.value ? kf : ki) : Exact(0);
    const Exact p = exp(shift) + exp(shift - kf), q = exp(shift) + exp(shift - ki);
    return std::pair(q / (p + q), p / (p + q) * c);
  });
}

// Inputs log_a, log_b, h0 > 0.
inline Oracle log_scan_oracle(int64_t D, const Boundaries& at = {}) {
  const StepFunction step = [](const Arrays& now, const Arrays&, Arrays& states) {
    Array& l = states[0];
    for (int64_t d = 0; d < l.size(0); ++d) l[d] = logaddexp(now[0][d] + l[d], now[1][d]);
    return Arrays{l};
  };
  OverTime how{.timed = 2, .states = {{D}}, .channels = {D}, .at = at};
  how.begin = log;
  how.at_padding = std::numeric_limits<real>::lowest();
  return TimeOracle(step, how);
}

// Inputs x, pre, bc, A_log, D, h0; results y, last.
inline Oracle selective_oracle(int64_t E, int64_t N, const Boundaries& at = {}) {
  const StepFunction step = [=](const Arrays& now, const Arrays& weights, Arrays& states) {
    Array y = filled({E});
    for (int64_t c = 0; c < E; ++c) {
      const Exact x = now[0][c], delta = softplus(now[1][c]);
      y[c] = weights[1][c] * x;
      for (int64_t n = 0; n < N; ++n) {
        Exact& h = states[0][c * N + n];
        h = exp(-delta * exp(weights[0][c * N + n])) * h + delta * x * now[2][n];
        y[c] = y[c] + now[2][N + n] * h;
      }
    }
    return Arrays{y};
  };
  return TimeOracle(step, {.timed = 3, .weights = 2, .states = {{E, N}}, .channels = {E}, .at = at, .last = true});
}

// W h + b.
inline Array times(const Array& weight, const Array& h, const Array& bias) {
  Array y = bias;
  for (int64_t o = 0; o < weight.size(0); ++o)
    for (int64_t i = 0; i < weight.size(1); ++i) y[o] = y[o] + weight[o * weight.size(1) + i] * h[i];
  return y;
}

// Cells. Inputs projection, weight, bias, h0; the cell with two states takes c0 as well.
inline Oracle elman_oracle(int64_t H, const Boundaries& at = {}) {
  const StepFunction step = [=](const Arrays& now, const Arrays& weights, Arrays& states) {
    const Array q = times(weights[0], states[0], weights[1]);
    for (int64_t d = 0; d < H; ++d) states[0][d] = tanh(now[0][d] + q[d]);
    return Arrays{states[0]};
  };
  return TimeOracle(step, {.timed = 1, .weights = 2, .states = {{H}}, .channels = {H}, .at = at});
}
inline Oracle gru_oracle(int64_t H, const Boundaries& at = {}) {
  const StepFunction step = [=](const Arrays& now, const Arrays& weights, Arrays& states) {
    const Array q = times(weights[0], states[0], weights[1]);
    const Array& p = now[0];
    for (int64_t d = 0; d < H; ++d) {
      const Exact r = sigmoid(p[d] + q[d]), k = p[H + d] + q[H + d];
      const Exact n = tanh(p[2 * H + d] + r * q[2 * H + d]);
      states[0][d] = sigmoid(-k) * n + sigmoid(k) * states[0][d];
    }
    return Arrays{states[0]};
  };
  return TimeOracle(step, {.timed = 1, .weights = 2, .states = {{H}}, .channels = {H}, .at = at});
}
inline Oracle lstm_oracle(int64_t H, const Boundaries& at = {}) {
  const StepFunction step = [=](const Arrays& now, const Arrays& weights, Arrays& states) {
    const Array q = times(weights[0], states[0], weights[1]);
    const auto pre = [&](int64_t gate, int64_t d) { return now[0][gate * H + d] + q[gate * H + d]; };
    for (int64_t d = 0; d < H; ++d) {
      states[1][d] = sigmoid(pre(1, d)) * states[1][d] + sigmoid(pre(0, d)) * tanh(pre(2, d));
      states[0][d] = sigmoid(pre(3, d)) * tanh(states[1][d]);
    }
    return Arrays{states[0], states[1]};
  };
  return TimeOracle(step, {.timed = 1, .weights = 2, .states = {{H}, {H}}, .channels = {H, H}, .at = at});
}

// Scales groups of `count` elements to mean square 1, after shifting them to mean 0 if `centred`. Element i of group g
// is x[g * group_stride + i * stride].
inline Array normalised(const Array& x, bool centred, int64_t groups, int64_t count, int64_t group_stride,
                        int64_t stride, real eps) {
  Array u = x;
  for (int64_t g = 0; g < groups; ++g) {
    const auto at = [&](int64_t i) -> Exact& { return u[g * group_stride + i * stride]; };
    Exact mean = 0, square = 0;
    for (int64_t i = 0; centred && i < count; ++i) mean = mean + at(i);
    mean = mean / Exact(count);
    for (int64_t i = 0; i < count; ++i) {
      at(i) = centred ? at(i) - mean : at(i);
      square = square + at(i) * at(i);
    }
    const Exact variance = square / Exact(count) + Exact(eps);
    for (int64_t i = 0; i < count; ++i) at(i) = variance.value == 0 ? at(i) * 0 : at(i) / sqrt(variance);
  }
  return u;
}

// Inputs x, weight.
inline Oracle rms_norm_oracle(real eps, real offset) {
  return all_at_once([=](const Arrays& in) {
    const int64_t D = in[0].size(-1);
    Array y = normalised(in[0], false, in[0].rows(), D, D, 1, eps);
    for (int64_t i = 0; i < y.shape.numel(); ++i) y[i] = y[i] * (Exact(offset) + in[1][i % D]);
    return Arrays{y};
  });
}
// Inputs x, weight, bias.
inline Oracle layer_norm_oracle(real eps) {
  return all_at_once([=](const Arrays& in) {
    const int64_t D = in[0].size(-1);
    Array y = normalised(in[0], true, in[0].rows(), D, D, 1, eps);
    for (int64_t i = 0; i < y.shape.numel(); ++i) y[i] = y[i] * in[1][i % D] + in[2][i % D];
    return Arrays{y};
  });
}
inline Oracle batch_norm_oracle(real eps) {
  return all_at_once([=](const Arrays& in) {
    const int64_t D = in[0].size(-1);
    Array y = normalised(in[0], true, D, in[0].rows(), 1, D, eps);
    for (int64_t i = 0; i < y.shape.numel(); ++i) y[i] = y[i] * in[1][i % D] + in[2][i % D];
    return Arrays{y};
  });
}

// Inputs x, weight, bias.
inline Array affine_of(const Array& x, const Array& weight, const Array* bias) {
  const int64_t N = x.rows(), I = weight.size(1), O = weight.size(0);
  Array y = filled(x.shape.with(-1, O));
  for (int64_t n = 0; n < N; ++n)
    for (int64_t o = 0; o < O; ++o) {
      if (bias != nullptr) y[n * O + o] = (*bias)[o];
      for (int64_t i = 0; i < I; ++i) y[n * O + o] = y[n * O + o] + x[n * I + i] * weight[o * I + i];
    }
  return y;
}
inline Oracle affine_oracle() {
  return all_at_once(
      [](const Arrays& in) { return Arrays{affine_of(in[0], in[1], in.size() > 2 ? &in[2] : nullptr)}; });
}

// The mean of log(sum of exp(x - x[target])) over the positions whose target is not negative.
inline Exact surprise(const Array& logits, const Ids& targets) {
  const int64_t V = logits.size(-1);
  Exact sum = 0;
  int64_t count = 0;
  for (int64_t n = 0; n < targets.numel(); ++n) {
    if (targets[n] < 0) continue;
    ++count;
    const Exact* const row = &logits[n * V];
    const Exact& most = *std::max_element(row, row + V, [](auto& a, auto& b) { return a.value < b.value; });
    Exact others = 0;
    for (int64_t v = 0; v < V; ++v)
      if (row + v != &most) others = others + exp(difference(row[v], most));
    sum = sum + log1p(others) + difference(most, row[targets[n]]);
  }
  return sum / Exact(count);
}
// Inputs logits.
inline Oracle cross_entropy_oracle(const Ids& targets) {
  return all_at_once([targets](const Arrays& in) { return Arrays{filled({}, surprise(in[0], targets))}; });
}
// Inputs x, weight.
inline Oracle linear_cross_entropy_oracle(const Ids& targets) {
  return all_at_once(
      [targets](const Arrays& in) { return Arrays{filled({}, surprise(affine_of(in[0], in[1], nullptr), targets))}; });
}

// Inputs a, b, whose shape may be the last axes of a's.
template <class F>
Oracle pairwise_oracle(F f) {
  return all_at_once([f](const Arrays& in) {
    Array y = in[0];
    for (int64_t i = 0; i < y.shape.numel(); ++i) y[i] = f(y[i], in[1][i % in[1].shape.numel()]);
    return Arrays{y};
  });
}

// An op whose results are sums of input elements times constants: sums, means, parts and copies. `parts` calls
// add(element of the result, input, element of the input, factor) for each term.
template <class F>
Oracle linear_oracle(const Shape& shape, F parts) {
  return all_at_once([=](const Arrays& in) {
    Array y = filled(shape);
    parts([&](int64_t to, size_t input, int64_t from, long double factor) {
      y[to] = y[to] + in[input][from] * Exact(factor);
    });
    return Arrays{y};
  });
}

// Inputs x, scale.
inline Oracle geglu_oracle() {
  return all_at_once([](const Arrays& in) {
    const int64_t M = in[1].size(0), N = in[0].rows();
    Array y = filled(in[0].shape.with(-1, M));
    for (int64_t i = 0; i < N * M; ++i) {
      const int64_t at = i / M * 2 * M + i % M;
      y[i] = in[0][at] * gelu(in[0][at + M]) * in[1][i % M];
    }
    return Arrays{y};
  });
}

// Inputs prediction, target.
inline Oracle mean_squared_error_oracle(const Ids& mask) {
  return all_at_once([mask](const Arrays& in) {
    const int64_t C = in[0].size(-1);
    Exact sum = 0;
    int64_t count = 0;
    for (int64_t i = 0; i < in[0].shape.numel(); ++i) {
      if (mask.defined() && mask[i / C] == 0) continue;
      const Exact difference = in[0][i] - in[1][i];
      sum = sum + difference * difference;
      ++count;
    }
    return Arrays{filled({}, sum / Exact(count))};
  });
}

// Inputs x, weight (K, D), bias, tail.
inline Oracle causal_conv_oracle(int64_t D, int64_t taps, const Boundaries& at = {}) {
  const StepFunction step = [=](const Arrays& now, const Arrays& weights, Arrays& states) {
    Array window = states[0], y = weights[1];
    window.insert(window.end(), now[0].begin(), now[0].end());
    for (int64_t i = 0; i < taps * D; ++i) y[i % D] = y[i % D] + weights[0][i] * window[i];
    std::copy(window.begin() + D, window.end(), states[0].begin());
    return Arrays{y};
  };
  return TimeOracle(step, {.timed = 1, .weights = 2, .states = {{taps - 1, D}}, .channels = {D}, .at = at});
}

// Attention of qkv (B, T, 3D), perhaps with earlier steps in a cache and with factors of the probabilities (dropout).
struct AttentionCase {
  int64_t B, T, D, heads;
  Boundaries at = {};
  KvCache cache = {};
  // The factor for the pair of a query and a key, which is step `key` of the cache (past) or of the sequence. Unset: 1.
  std::function<double(int64_t row, int64_t head, int64_t query, bool past, int64_t key)> factor = nullptr;
};

// One head at step t of a sequence: y[0 ... d - 1]. Steps are counted from the begin of the span; the cache has the
// negative ones. N is Exact in the oracle and double in the tests of the op.
template <class N>
void attend(N* y, const N* qkv, const AttentionCase& c, const Span& span, int64_t head, int64_t t) {
  using std::exp, std::sqrt;
  const int64_t d = c.D / c.heads, before = c.cache.steps_before(span);
  const auto of = [&](int64_t step, int64_t part, int64_t i) {  // part 0: query, 1: key, 2: value
    const int64_t channel = head * d + i;
    if (step >= 0) return qkv[((span.row * c.T + span.begin + step) * 3 + part) * c.D + channel];
    const int64_t row = span.carried * c.cache.capacity() + before + step;
    return N(c.cache.keys_and_values.data()[row * 2 * c.D + (part - 1) * c.D + channel]);
  };
  std::vector<N> weights;
  N sum(0);
  for (int64_t j = -before; j <= t; ++j) {
    N score(0);
    for (int64_t i = 0; i < d; ++i) score = score + of(t, 0, i) * of(j, 1, i);
    weights.push_back(exp(score / sqrt(N(static_cast<real>(d)))));
    sum = sum + weights.back();
  }
  for (int64_t j = -before; j <= t; ++j) {
    N p = weights[static_cast<size_t>(before + j)] / sum;
    if (c.factor) p = p * N(c.factor(span.row, head, t, j < 0, j < 0 ? before + j : j));
    for (int64_t i = 0; i < d; ++i) y[i] = y[i] + p * of(j, 2, i);
  }
}

// All of it: y (B, T, D), zero at padding.
template <class N>
std::vector<N> attention_of(const N* qkv, const AttentionCase& c) {
  std::vector<N> y(static_cast<size_t>(c.B * c.T * c.D), N(0));
  for (const Span& span : c.at.spans(c.B, c.T))
    for (int64_t t = 0; span.start >= 0 && t < span.end - span.begin; ++t)
      for (int64_t head = 0; head < c.heads; ++head)
        attend(&y[static_cast<size_t>((span.row * c.T + span.begin + t) * c.D + head * c.D / c.heads)], qkv, c, span,
               head, t);
  return y;
}

// Inputs qkv (B, T, 3D).
inline Oracle attention_oracle(int64_t heads, const Boundaries& at = {}) {
  return all_at_once([=](const Arrays& in) {
    const int64_t B = in[0].size(0), T = in[0].size(1), D = in[0].size(2) / 3;
    const Exacts exact = attention_of(in[0].data(), {.B = B, .T = T, .D = D, .heads = heads, .at = at});
    Array y = filled({B, T, D});
    std::copy(exact.begin(), exact.end(), y.begin());
    return Arrays{y};
  });
}

}  // namespace scangrad::SCANGRAD_PRECISION
