// Every op against its equation in plain loops (tools/check/oracles.h), results and gradients of every input, on random
// shapes with random boundaries.
#include <array>

#include "../ops/activations.h"
#include "../ops/affine.h"
#include "../ops/arithmetic.h"
#include "../ops/attention/attention.h"
#include "../ops/convolution/causal_conv.h"
#include "../ops/diagonal/boundary_scan.h"
#include "../ops/diagonal/log_scan.h"
#include "../ops/diagonal/min_gru_scan.h"
#include "../ops/diagonal/min_lstm_scan.h"
#include "../ops/diagonal/tree_scan.h"
#include "../ops/dropout.h"
#include "../ops/geglu.h"
#include "../ops/indexing/concat.h"
#include "../ops/indexing/lookup.h"
#include "../ops/indexing/rows.h"
#include "../ops/indexing/slice.h"
#include "../ops/losses/accuracy.h"
#include "../ops/losses/cross_entropy.h"
#include "../ops/losses/linear_cross_entropy.h"
#include "../ops/losses/mean_squared_error.h"
#include "../ops/norms/batch_norm.h"
#include "../ops/norms/layer_norm.h"
#include "../ops/norms/rms_norm.h"
#include "../ops/reduce.h"
#include "../ops/scan.h"
#include "../ops/selective/selective_scan.h"
#include "../ops/sequential/elman.h"
#include "../ops/sequential/gru.h"
#include "../ops/sequential/lstm.h"
#include "../tools/check/oracles.h"
#include "properties.h"

using namespace scangrad;

namespace {

constexpr int64_t kCases = 30;

// Every error is at most 64 units of rounding of the element's size. Gradients of ops that compute a slope from 1 - y
// are relative to at least `least_gradient`.
void check_op(Draw& draw, const Oracle& oracle, const Tensors& inputs, const Op& op, double least_gradient = 0) {
  Tensors ups;
  const Outcome outcome = run(op, inputs, [&](const Tensors& results) {
    for (const Tensor& result : results) ups.push_back(draw.tensor(result.shape()));
    return ups;
  });
  const Truth truth = oracle(inputs, ups);
  const double most = 64 * std::numeric_limits<real>::epsilon() / 2;
  REQUIRE(truth.results.size() == ups.size());
  for (size_t k = 0; k < ups.size(); ++k) REQUIRE(worst_error(outcome.results[k], truth.results[k]) < most);
  for (size_t k = 0; k < inputs.size(); ++k)
    REQUIRE(worst_error(outcome.gradients[k], truth.gradients[k], least_gradient) < most);
}

template <class F>
Op one(F f) {
  return [f](const Tensors& in) { return Tensors{f(in)}; };
}

struct Sizes {
  int64_t B, T, D;
};
Sizes sizes(Draw& draw, int64_t most) {
  Sizes s{draw.size(3), 0, 0};
  const bool wide = draw.maybe();
  s.D = draw.size(wide ? most / s.B : 9);
  s.T = draw.size(std::max<int64_t>(most / s.B / s.D, 1));
  return s;
}
Boundaries directed(Draw& draw, const Sizes& s) {
  const Boundaries at = draw.boundaries(s.B, s.T);
  return draw.maybe() ? at.reversed() : at;
}

}  // namespace

TEST_CASE("oracle: functions of one number") {
  using Activation = Tensor (*)(const Tensor&);
  const std::array<std::pair<Activation, Exact (*)(const Exact&)>, 8> all{{{exp, exp},
                                                                           {sigmoid, sigmoid},
                                                                           {tanh, tanh},
                                                                           {softplus, softplus},
                                                                           {relu, relu},
                                                                           {gelu, gelu},
                                                                           {silu, silu},
                                                                           {positive_g, positive_g}}};
  for_cases(kCases, [&](Draw& draw) {
    const Shape shape{draw.size(17), draw.size(129)};
    for (const auto& each : all) {
      const Activation f = each.first;
      check_op(draw, elementwise_oracle(each.second), {draw.tensor(shape, -3, 3)},
               one([f](const Tensors& in) { return f(in[0]); }), 1);
    }
    check_op(draw, elementwise_oracle([](const Exact& x) { return log(x); }), {draw.tensor(shape, real(0.1), 5)},
             one([](const Tensors& in) { return log(in[0]); }));
    // log_g is tested from 1 on: the logarithm of a number near 1 consists of rounding errors.
    check_op(draw, elementwise_oracle([](const Exact& x) { return log_g(x); }), {draw.tensor(shape, 1, 5)},
             one([](const Tensors& in) { return log_g(in[0]); }));
  });
}

TEST_CASE("oracle: sums and products element by element") {
  for_cases(kCases, [](Draw& draw) {
    const Shape tail = draw.maybe() ? Shape{draw.size(65)} : Shape{};
    Shape shape = tail.rank() == 1 ? Shape{draw.size(9), draw.size(9), tail[0]} : Shape{draw.size(129)};
    const Tensors in{draw.tensor(shape), draw.tensor(draw.maybe() ? shape : tail)};
    using Pair = const Exact&;
    check_op(draw, pairwise_oracle([](Pair a, Pair b) { return a + b; }), in,
             one([](const Tensors& x) { return add(x[0], x[1]); }));
    check_op(draw, pairwise_oracle([](Pair a, Pair b) { return a - b; }), in,
             one([](const Tensors& x) { return subtract(x[0], x[1]); }));
    check_op(draw, pairwise_oracle([](Pair a, Pair b) { return a * b; }), in,
             one([](const Tensors& x) { return multiply(x[0], x[1]); }));
    check_op(draw, elementwise_oracle([](Pair x) { return x * Exact(-3); }), {in[0]},
             one([](const Tensors& x) { return scale(x[0], -3); }));
  });
}

TEST_CASE("oracle: sums, means, parts and copies") {
  for_cases(kCases, [](Draw& draw) {
    const int64_t A = draw.size(9), B = draw.size(65), C = draw.size(33), n = A * B * C;
    const Tensor x = draw.tensor({A, B, C}), other = draw.tensor({A, draw.size(9), C});
    const int64_t begin = draw.below(B + 1), end = begin + draw.below(B + 1 - begin), more = other.size(1);
    const auto total = [n](long double factor) {
      return linear_oracle({}, [=](auto add) {
        for (int64_t i = 0; i < n; ++i) add(0, 0, i, factor);
      });
    };
    check_op(draw, total(1), {x}, one([](const Tensors& in) { return sum(in[0]); }));
    check_op(draw, total(1.0L / static_cast<long double>(n)), {x}, one([](const Tensors& in) { return mean(in[0]); }));
    check_op(draw,
             linear_oracle({A, C},
                           [=](auto add) {
                             for (int64_t i = 0; i < n; ++i) add(i / (B * C) * C + i % C, 0, i, 1);
                           }),
             {x}, one([](const Tensors& in) { return sum(in[0], 1); }));
    check_op(draw,
             linear_oracle({A, end - begin, C},
                           [=](auto add) {
                             for (int64_t i = 0; i < A * (end - begin) * C; ++i)
                               add(i, 0, i / ((end - begin) * C) * B * C + begin * C + i % ((end - begin) * C), 1);
                           }),
             {x}, one([=](const Tensors& in) { return slice(in[0], 1, begin, end); }));
    check_op(draw,
             linear_oracle({A, B + more, C},
                           [=](auto add) {
                             for (int64_t a = 0; a < A; ++a)
                               for (int64_t i = 0; i < (B + more) * C; ++i) {
                                 const bool first = i < B * C;
                                 add(a * (B + more) * C + i, first ? 0 : 1,
                                     first ? a * B * C + i : a * more * C + i - B * C, 1);
                               }
                           }),
             {x, other}, one([](const Tensors& in) { return concatenate(in, 1); }));
    std::vector<int64_t> rows;
    for (int64_t i = draw.size(9); i > 0; --i) rows.push_back(draw.below(A));
    check_op(draw,
             linear_oracle({static_cast<int64_t>(rows.size()), B, C},
                           [=](auto add) {
                             for (size_t i = 0; i < rows.size(); ++i)
                               for (int64_t j = 0; j < B * C; ++j)
                                 add(static_cast<int64_t>(i) * B * C + j, 0, rows[i] * B * C + j, 1);
                           }),
             {x}, one([=](const Tensors& in) { return select_rows(in[0], rows); }));
    const Rng rng(draw.seed());
    check_op(draw,
             linear_oracle({A, B, C},
                           [=](auto add) {
                             for (int64_t i = 0; i < n; ++i)
                               if (rng.word_at(static_cast<uint64_t>(i)) >= chance(real(0.25))) add(i, 0, i, 4 / 3.0L);
                           }),
             {x}, one([=](const Tensors& in) {
               Rng position = rng;
               return dropout(in[0], real(0.25), position);
             }));
  });
}

TEST_CASE("oracle: affine, lookup and geglu") {
  for_cases(kCases, [](Draw& draw) {
    const int64_t B = draw.size(3), T = draw.size(17), I = draw.size(33), O = draw.size(17);
    const Tensors in{draw.tensor({B, T, I}), draw.tensor({O, I}), draw.tensor({O})};
    check_op(draw, affine_oracle(), in, one([](const Tensors& x) { return affine(x[0], x[1], x[2]); }));
    check_op(draw, affine_oracle(), {in[0], in[1]}, one([](const Tensors& x) { return affine(x[0], x[1]); }));
    const Ids ids = draw.ids({B, T}, O);
    check_op(draw,
             linear_oracle({B, T, I},
                           [=](auto add) {
                             for (int64_t i = 0; i < B * T * I; ++i) add(i, 0, ids[i / I] * I + i % I, 1);
                           }),
             {in[1]}, one([=](const Tensors& x) { return lookup(x[0], ids); }));
    check_op(draw, geglu_oracle(), {draw.tensor({B, T, 2 * I}, -3, 3), draw.tensor({I})},
             one([](const Tensors& x) { return geglu(x[0], x[1]); }));
  });
}

TEST_CASE("oracle: norms") {
  for_cases(kCases, [](Draw& draw) {
    const int64_t D = draw.size(129), N = draw.size(std::max<int64_t>(3'000 / D, 1)) + 1;
    const real eps = draw.maybe() ? real(1e-5) : real(0.1), offset = static_cast<real>(draw.below(2));
    const Tensors in{draw.tensor({N, D}, -3, 3), draw.tensor({D}), draw.tensor({D})};
    check_op(draw, rms_norm_oracle(eps, offset), {in[0], in[1]}, one([=](const Tensors& x) {
               return rms_norm(x[0], x[1], {eps, offset});
             }));
    check_op(draw, layer_norm_oracle(eps), in,
             one([=](const Tensors& x) { return layer_norm(x[0], x[1], x[2], eps); }));
    check_op(draw, batch_norm_oracle(eps), in,
             one([=](const Tensors& x) { return batch_norm(x[0], x[1], x[2], channel_statistics(x[0]), eps); }));
  });
}

TEST_CASE("oracle: losses, and how often the largest logit is right") {
  for_cases(kCases, [](Draw& draw) {
    const int64_t N = draw.size(33), V = draw.size(65), D = draw.size(9);
    const Tensor logits = draw.tensor({N, V}, -5, 5);
    Ids targets = draw.ids({N}, V);
    for (int64_t n = 1; n < N; ++n)
      if (draw.below(5) == 0) targets.data()[n] = -1;
    check_op(draw, cross_entropy_oracle(targets), {logits},
             one([=](const Tensors& x) { return cross_entropy(x[0], targets); }));
    check_op(draw, linear_cross_entropy_oracle(targets), {draw.tensor({N, D}, -2, 2), draw.tensor({V, D})},
             one([=](const Tensors& x) { return linear_cross_entropy(x[0], x[1], targets, {}, 3 * V).loss; }));
    Ids mask = draw.ids({N}, 2);
    mask.data()[0] = 1;
    check_op(draw, mean_squared_error_oracle(mask), {logits, draw.tensor({N, V})},
             one([=](const Tensors& x) { return mean_squared_error(x[0], x[1], mask); }));
    int64_t right = 0, counted = 0;
    for (int64_t n = 0; n < N; ++n) {
      const real* const row = logits.data() + n * V;
      right += targets[n] == std::max_element(row, row + V) - row;
      counted += targets[n] >= 0;
    }
    REQUIRE(accuracy(logits, targets) == doctest::Approx(double(right) / double(counted)));
  });
}

TEST_CASE("oracle: scans") {
  for_cases(2 * kCases, [](Draw& draw) {
    const Sizes s = sizes(draw, 1'500);
    const Boundaries at = directed(draw, s);
    const int64_t S = at.sequences(s.B, s.T), D = s.D;
    const Shape shape{s.B, s.T, D};
    const Tensor a = draw.tensor(shape, 0, 1), b = draw.tensor(shape),
                 h0 = draw.maybe() ? draw.tensor({S, D}) : Tensor();
    check_op(draw, scan_oracle(D, at), {a, b, h0},
             one([=](const Tensors& in) { return boundary_scan(in[0], in[1], in[2], at); }));
    const Tensor start = draw.tensor({s.B, D});
    check_op(draw, scan_oracle(D), {a, b, start}, one([](const Tensors& in) { return scan(in[0], in[1], in[2]); }));
    for (const Candidate candidate : {Candidate::kG, Candidate::kIdentity}) {
      check_op(draw, min_gru_oracle(D, candidate, at), {draw.tensor({s.B, s.T, 2 * D}, -4, 4), h0},
               one([=](const Tensors& in) { return min_gru_scan(in[0], in[1], candidate, at); }));
      for (const Gates gates : {Gates::kPlain, Gates::kNormalised})
        check_op(draw, min_lstm_oracle(D, gates, candidate, at), {draw.tensor({s.B, s.T, 3 * D}, -4, 4), h0},
                 one([=](const Tensors& in) { return min_lstm_scan(in[0], in[1], gates, candidate, at); }));
    }
  });
}

TEST_CASE("oracle: scans that only run forward") {
  for_cases(2 * kCases, [](Draw& draw) {
    const Sizes s = sizes(draw, 700);
    const Boundaries at = draw.boundaries(s.B, s.T);
    const int64_t S = at.sequences(s.B, s.T), D = s.D, N = draw.size(5);
    const Shape shape{s.B, s.T, D};
    // Large logarithms have large absolute errors, so all of them are near 0 here.
    const Tensor h0 = draw.maybe() ? draw.tensor({S, D}, 1, 2) : Tensor();
    check_op(draw, log_scan_oracle(D, at), {draw.tensor(shape, real(-0.5), 0), draw.tensor(shape, real(0.5), 2), h0},
             one([=](const Tensors& in) { return log_scan(in[0], in[1], in[2], LogForm::kSequential, at); }));
    check_op(draw, selective_oracle(D, N, at),
             {draw.tensor(shape), draw.tensor(shape, -3, 1), draw.tensor({s.B, s.T, 2 * N}), draw.tensor({D, N}),
              draw.tensor({D}), draw.maybe() ? draw.tensor({S, D, N}) : Tensor()},
             [=](const Tensors& in) {
               const Scanned scanned = selective_scan(in[0], in[1], in[3], in[2], in[4], in[5], at);
               return Tensors{scanned.y, scanned.last};
             });
  });
}

TEST_CASE("oracle: causal convolution and attention") {
  for_cases(2 * kCases, [](Draw& draw) {
    const Sizes s = sizes(draw, 600);
    const Boundaries at = draw.boundaries(s.B, s.T);
    const int64_t taps = 1 + draw.below(5), D = s.D;
    // A tail belongs to a stream and h0 to a sequence. They are the same if every sequence continues a stream.
    bool carried = draw.maybe();
    for (const Span& span : at.spans(s.B, s.T)) carried = carried && (span.start < 0 || span.carried >= 0);
    check_op(draw, causal_conv_oracle(D, taps, at),
             {draw.tensor({s.B, s.T, D}), draw.tensor({taps, D}), draw.tensor({D}),
              carried ? draw.tensor({at.streams(s.B), taps - 1, D}) : Tensor()},
             one([=](const Tensors& in) { return causal_conv(in[0], in[1], in[2], in[3], at); }));
    const int64_t B = draw.size(2), T = draw.size(draw.below(6) == 0 ? 65 : 17), heads = draw.size(3),
                  width = draw.size(5);
    const Boundaries of = draw.boundaries(B, T);
    check_op(draw, attention_oracle(heads, of), {draw.tensor({B, T, 3 * heads * width}, -2, 2)},
             one([=](const Tensors& in) { return attention(in[0], heads, {}, of); }));
  });
}

TEST_CASE("oracle: recurrent cells") {
  for_cases(kCases, [](Draw& draw) {
    Sizes s{draw.size(5), draw.size(9), draw.size(17)};
    const Boundaries at = directed(draw, s);
    const int64_t S = at.sequences(s.B, s.T), H = s.D;
    const Tensor h0 = draw.tensor({S, H}), c0 = draw.maybe() ? draw.tensor({S, H}) : Tensor();
    const real w = real(0.7) / std::sqrt(static_cast<real>(H));
    const auto inputs = [&](int64_t gates) {
      return Tensors{draw.tensor({s.B, s.T, gates * H}, -2, 2), draw.tensor({gates * H, H}, -w, w),
                     draw.tensor({gates * H}), h0};
    };
    check_op(draw, elman_oracle(H, at), inputs(1),
             one([=](const Tensors& in) { return elman(in[0], in[1], in[2], in[3], at); }), 1);
    check_op(draw, gru_oracle(H, at), inputs(3),
             one([=](const Tensors& in) { return gru(in[0], in[1], in[2], in[3], at); }), 1);
    Tensors in = inputs(4);
    in.push_back(c0);
    check_op(
        draw, lstm_oracle(H, at), in,
        [=](const Tensors& x) {
          const LstmStates states = lstm(x[0], x[1], x[2], {x[3], x[4]}, at);
          return Tensors{states.h, states.c};
        },
        1);
  });
}

TEST_CASE("oracle: tree scans are the recurrence") {
  for_cases(kCases, [](Draw& draw) {
    std::vector<Step> steps(static_cast<size_t>(draw.size(257)));
    Rng rng(draw.seed());
    for (Step& step : steps) step = {rng.uniform(), rng.uniform(-1, 1)};
    const int64_t chunk = draw.size(65);
    for (const ScanKind kind :
         {ScanKind::kSequential, ScanKind::kChunked, ScanKind::kHillisSteele, ScanKind::kBlelloch}) {
      std::vector<Step> scanned = steps;
      tree_scan(kind, scanned, chunk);
      Number h;
      for (size_t t = 0; t < steps.size(); ++t) {
        h = {h.value * steps[t].a + steps[t].b, h.size * steps[t].a + std::abs(steps[t].b)};
        REQUIRE(std::abs(scanned[t].b - h.value) <= 64 * std::numeric_limits<real>::epsilon() * h.size);
      }
    }
  });
}
