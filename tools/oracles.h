// The ops as their headers define them, in plain loops over exact numbers (exact.h): what the kernels are measured
// against by `scangrad check numerics`, and tested against on random shapes.
//
// An oracle takes the op's inputs and the gradients that its results are given, and says what the results and the
// gradients of the inputs are. It is made from an equation in one of two ways:
//
//   all_at_once(f)           results = f(inputs), for ops without time
//   over_time(step, ...)     row of results = step(rows of inputs at t, weights, states), which moves the states on:
//   for
//                            recurrences, with a tape for each step only, so that a million steps fit
#pragma once

#include <algorithm>
#include <functional>

#include "../core/tensor.h"
#include "../ops/boundaries.h"
#include "../ops/candidate.h"
#include "../ops/min_lstm_scan.h"
#include "exact.h"

namespace scangrad::inline SCANGRAD_PRECISION {

using Numbers = std::vector<Number>;
struct Truth {
  std::vector<Numbers> results, gradients;
};
using Tensors = std::vector<Tensor>;
using Oracle = std::function<Truth(const Tensors& inputs, const Tensors& ups)>;

struct Array : Exacts {
  Shape shape;
  int64_t size(int axis) const { return shape[axis]; }
  int64_t rows() const { return shape.before(-1); }
  Exact& operator[](int64_t i) { return Exacts::operator[](static_cast<size_t>(i)); }
  const Exact& operator[](int64_t i) const { return Exacts::operator[](static_cast<size_t>(i)); }
};
using Arrays = std::vector<Array>;

inline Number number(real value) {
  return {value, std::abs(static_cast<long double>(value))};
}

// `count` numbers of a tensor as leaves; of an undefined one, or a row that is not there (-1), zeros.
inline Array leaves(const Tensor& tensor, const Shape& shape, int64_t row = 0) {
  Array array;
  array.shape = shape;
  for (int64_t i = 0; i < shape.numel(); ++i)
    array.push_back(
        Exact::leaf(tensor.defined() && row >= 0 ? number(tensor.data()[row * shape.numel() + i]) : Number()));
  return array;
}
inline Array filled(const Shape& shape, const Exact& value = 0) {
  Array array;
  array.shape = shape;
  array.assign(static_cast<size_t>(shape.numel()), value);
  return array;
}

template <class F>
Oracle all_at_once(F f) {
  return [f](const Tensors& inputs, const Tensors& ups) {
    Exact::forget();
    Arrays in;
    for (const Tensor& input : inputs) in.push_back(leaves(input, input.shape()));
    const Arrays out = f(in);
    Truth truth;
    std::vector<std::pair<Exact, Number>> roots;
    for (size_t k = 0; k < out.size(); ++k) {
      truth.results.emplace_back(out[k].begin(), out[k].end());
      for (int64_t i = 0; i < static_cast<int64_t>(out[k].Exacts::size()); ++i)
        roots.emplace_back(out[k][i], number(ups[k].data()[i]));
    }
    const Numbers all = Exact::gradients(roots);
    for (const Array& array : in) {
      truth.gradients.emplace_back();
      for (const Exact& each : array) truth.gradients.back().push_back(all[each.place()]);
    }
    return truth;
  };
}

template <class F>
Oracle elementwise_oracle(F f) {
  return all_at_once([f](const Arrays& in) {
    Array y = in[0];
    for (Exact& each : y) each = f(each);
    return Arrays{y};
  });
}

// The rows of results at a step; moves the states on.
using Step = std::function<Arrays(const Arrays& now, const Arrays& weights, Arrays& states)>;

// Of the inputs the first `timed` are (B, T, *), the next `weights` are for all steps, and the last are where states
// begin, (S, ...), perhaps undefined, each with the shape of one state given. With `last`, the states after each
// stream's last step are results too.
struct OverTime {
  size_t timed = 1, weights = 0;
  std::vector<Shape> states;
  std::vector<int64_t> channels;  // of each result
  Boundaries at = {};
  bool last = false;
  Exact (*begin)(const Exact& start) = nullptr;  // what a state begins with, if not with its start
  real at_padding = 0;
};

class TimeOracle {
 public:
  TimeOracle(Step step, OverTime how) : step_(std::move(step)), how_(std::move(how)) {}

  Truth operator()(const Tensors& inputs, const Tensors& ups) const {
    const int64_t B = inputs[0].size(0), T = inputs[0].size(1);
    Truth truth;
    for (const int64_t C : how_.channels)
      truth.results.emplace_back(static_cast<size_t>(B * T * C), number(how_.at_padding));
    for (size_t k = 0; how_.last && k < how_.states.size(); ++k)
      truth.results.emplace_back(static_cast<size_t>(how_.at.streams(B) * how_.states[k].numel()));
    for (const Tensor& input : inputs) truth.gradients.emplace_back(static_cast<size_t>(input.numel()));
    for (const Span& span : how_.at.spans(B, T))
      if (span.start >= 0) Run{*this, inputs, ups, span, T, truth}.run();
    return truth;
  }

 private:
  // One sequence, forward and then back.
  struct Run {
    const TimeOracle& oracle;
    const Tensors& inputs;
    const Tensors& ups;
    const Span& span;
    int64_t T;
    Truth& truth;

    int64_t row(int64_t i) const {
      return span.row * T + (oracle.how_.at.in_reverse() ? span.end - 1 - i : span.begin + i);
    }
    size_t start(size_t k) const { return oracle.how_.timed + oracle.how_.weights + k; }

    Arrays weights() const {
      Arrays all;
      for (size_t k = 0; k < oracle.how_.weights; ++k) {
        const Tensor& weight = inputs[oracle.how_.timed + k];
        all.push_back(leaves(weight, weight.shape()));
      }
      return all;
    }
    Arrays at_step(int64_t i) const {
      Arrays now;
      for (size_t k = 0; k < oracle.how_.timed; ++k) now.push_back(leaves(inputs[k], {inputs[k].size(2)}, row(i)));
      return now;
    }
    static Arrays leaves_of(const std::vector<Numbers>& numbers, const std::vector<Shape>& shapes) {
      Arrays arrays(numbers.size());
      for (size_t k = 0; k < numbers.size(); ++k) {
        arrays[k].shape = shapes[k];
        for (const Number& each : numbers[k]) arrays[k].push_back(Exact::leaf(each));
      }
      return arrays;
    }
    static void add(Numbers& to, int64_t offset, const Array& from, const Numbers& gradients) {
      for (int64_t i = 0; i < static_cast<int64_t>(from.Exacts::size()); ++i) {
        Number& sum = to[static_cast<size_t>(offset + i)];
        sum.value += gradients[from[i].place()].value;
        sum.size += gradients[from[i].place()].size;
      }
    }

    // The starts of a state, and what it begins with.
    std::pair<Array, Array> beginning(size_t k) const {
      const Tensor tensor = inputs.size() > start(k) ? inputs[start(k)] : Tensor();
      const Array starts = leaves(tensor, oracle.how_.states[k], span.start);
      Array begins = starts;
      if (oracle.how_.begin != nullptr) std::transform(starts.begin(), starts.end(), begins.begin(), oracle.how_.begin);
      return {starts, begins};
    }

    void run() const {
      const int64_t steps = span.end - span.begin;
      const std::vector<Shape>& shapes = oracle.how_.states;
      std::vector<std::vector<Numbers>> before;  // states before each step, and after the last
      before.emplace_back();
      for (size_t k = 0; k < shapes.size(); ++k) {
        const auto [starts, begins] = beginning(k);
        before[0].emplace_back(begins.begin(), begins.end());
      }
      for (int64_t i = 0; i < steps; ++i) {
        Exact::forget();
        Arrays states = leaves_of(before.back(), shapes);
        const Arrays y = oracle.step_(at_step(i), weights(), states);
        for (size_t k = 0; k < y.size(); ++k)
          std::copy(y[k].begin(), y[k].end(), truth.results[k].begin() + row(i) * y[k].size(0));
        before.emplace_back();
        for (const Array& state : states) before.back().emplace_back(state.begin(), state.end());
      }
      std::vector<Numbers> flows;
      for (size_t k = 0; k < shapes.size(); ++k) {
        flows.emplace_back(static_cast<size_t>(shapes[k].numel()));
        if (!oracle.how_.last || !span.last) continue;
        const size_t result = oracle.how_.channels.size() + k;
        const int64_t offset = span.stream * shapes[k].numel();
        std::copy(before.back()[k].begin(), before.back()[k].end(), truth.results[result].begin() + offset);
        for (int64_t i = 0; i < shapes[k].numel(); ++i)
          flows[k][static_cast<size_t>(i)] = number(ups[result].data()[offset + i]);
      }
      for (int64_t i = steps - 1; i >= 0; --i) back(i, before[static_cast<size_t>(i)], flows);
      for (size_t k = 0; k < shapes.size() && inputs.size() > start(k); ++k) {
        Numbers& to = truth.gradients[start(k)];
        if (to.empty()) continue;
        Exact::forget();
        const auto [starts, begins] = beginning(k);
        std::vector<std::pair<Exact, Number>> roots;
        for (size_t i = 0; i < begins.Exacts::size(); ++i) roots.emplace_back(begins.at(i), flows[k][i]);
        add(to, span.start * shapes[k].numel(), starts, Exact::gradients(roots));
      }
    }

    void back(int64_t i, const std::vector<Numbers>& before, std::vector<Numbers>& flows) const {
      Exact::forget();
      const Arrays begin = leaves_of(before, oracle.how_.states), now = at_step(i), given = weights();
      Arrays states = begin;
      const Arrays y = oracle.step_(now, given, states);
      std::vector<std::pair<Exact, Number>> roots;
      for (size_t k = 0; k < y.size(); ++k)
        for (int64_t d = 0; d < y[k].size(0); ++d)
          roots.emplace_back(y[k][d], number(ups[k].data()[row(i) * y[k].size(0) + d]));
      for (size_t k = 0; k < states.size(); ++k)
        for (int64_t d = 0; d < states[k].shape.numel(); ++d)
          roots.emplace_back(states[k][d], flows[k][static_cast<size_t>(d)]);
      const Numbers all = Exact::gradients(roots);
      for (size_t k = 0; k < now.size(); ++k) add(truth.gradients[k], row(i) * now[k].size(0), now[k], all);
      for (size_t k = 0; k < given.size(); ++k) add(truth.gradients[oracle.how_.timed + k], 0, given[k], all);
      for (size_t k = 0; k < flows.size(); ++k) {
        std::fill(flows[k].begin(), flows[k].end(), Number());
        add(flows[k], 0, begin[k], all);
      }
    }
  };

  Step step_;
  OverTime how_;
};

// h = a h + x for each channel, where coefficients(now, d) gives a and x; the result is h.
template <class Coefficients>
Oracle diagonal_oracle(int64_t D, size_t timed, const Boundaries& at, Coefficients coefficients) {
  const Step step = [coefficients](const Arrays& now, const Arrays&, Arrays& states) {
    for (int64_t d = 0; d < states[0].size(0); ++d) {
      const std::pair<Exact, Exact> map = coefficients(now, d);
      states[0][d] = map.first * states[0][d] + map.second;
    }
    return Arrays{states[0]};
  };
  return TimeOracle(step, {.timed = timed, .states = {{D}}, .channels = {D}, .at = at});
}

// Inputs a, x, h0: scan and chunked_scan.
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
    // (1 + exp(-k)) exp(shift), which is finite.
    const Exact shift = std::min({kf.value, ki.value, 0.0L}) < -10'000 ? (kf.value < ki.value ? kf : ki) : Exact(0);
    const Exact p = exp(shift) + exp(shift - kf), q = exp(shift) + exp(shift - ki);
    return std::pair(q / (p + q), p / (p + q) * c);
  });
}

// Inputs log_a, log_x, h0 > 0.
inline Oracle log_scan_oracle(int64_t D, const Boundaries& at = {}) {
  const Step step = [](const Arrays& now, const Arrays&, Arrays& states) {
    Array& l = states[0];
    for (int64_t d = 0; d < l.size(0); ++d) l[d] = logaddexp(now[0][d] + l[d], now[1][d]);
    return Arrays{l};
  };
  OverTime how{.timed = 2, .states = {{D}}, .channels = {D}, .at = at};
  how.begin = log;
  how.at_padding = -std::numeric_limits<real>::infinity();
  return TimeOracle(step, how);
}

// Inputs x, pre, bc, A_log, D, h0; results y, last.
inline Oracle selective_oracle(int64_t E, int64_t N, const Boundaries& at = {}) {
  const Step step = [=](const Arrays& now, const Arrays& weights, Arrays& states) {
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

// Inputs projection, weight, bias, then the starts: those of elman and gru are h0, those of lstm h0 and c0.
inline Oracle elman_oracle(int64_t H, const Boundaries& at = {}) {
  const Step step = [=](const Arrays& now, const Arrays& weights, Arrays& states) {
    const Array q = times(weights[0], states[0], weights[1]);
    for (int64_t d = 0; d < H; ++d) states[0][d] = tanh(now[0][d] + q[d]);
    return Arrays{states[0]};
  };
  return TimeOracle(step, {.timed = 1, .weights = 2, .states = {{H}}, .channels = {H}, .at = at});
}
inline Oracle gru_oracle(int64_t H, const Boundaries& at = {}) {
  const Step step = [=](const Arrays& now, const Arrays& weights, Arrays& states) {
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
  const Step step = [=](const Arrays& now, const Arrays& weights, Arrays& states) {
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

// x (N, D) to mean 0 where asked for, and to mean square 1, along `axis` of the two.
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

}  // namespace scangrad::inline SCANGRAD_PRECISION
