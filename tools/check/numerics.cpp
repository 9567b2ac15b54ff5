#include "numerics.h"

#include <limits>

#include "../../core/random.h"
#include "../../ops/activations.h"
#include "../../ops/diagonal/boundary_scan.h"
#include "../../ops/diagonal/log_scan.h"
#include "../../ops/diagonal/min_gru_scan.h"
#include "../../ops/losses/cross_entropy.h"
#include "../../ops/losses/linear_cross_entropy.h"
#include "../../ops/norms/batch_norm.h"
#include "../../ops/norms/layer_norm.h"
#include "../../ops/norms/rms_norm.h"
#include "../../ops/scan.h"
#include "../../ops/selective/selective_scan.h"
#include "../../ops/sequential/elman.h"
#include "../../ops/sequential/gru.h"
#include "../../ops/sequential/lstm.h"
#include "oracles.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

// An op with its name, and the bounds of its errors in units of rounding, 2^-24 or 2^-53. A bound is at most about four
// times the largest error measured.
struct Variant {
  std::string name;
  Op op;
  NumericError bound;
};

// Below a floor an error is absolute instead of relative; the kernel's header says why.
constexpr NumericError kNoFloor;
// In float a closed gate is at least exp(-80) = 1.8e-35 (vdecay, vgate of core/kernels/vec_math.h). Relative to a floor
// of 4e-28 this is one unit of rounding.
constexpr NumericError kClosedGates{kDouble ? 0 : 4e-28, kDouble ? 0 : 4e-28};
// Functions that keep their result y compute the slope from 1 - y: its error is absolute.
constexpr NumericError kFromResult{kClosedGates.result, 1};
// An absolute error of a logarithm is a relative error of its argument.
constexpr NumericError kLogarithms{1, 0};

// Uniform in [low, high).
Tensor uniform(const Shape& shape, uint64_t seed, double low = -1, double high = 1) {
  Tensor result(shape);
  Rng rng(seed, 11);
  std::generate_n(result.mutable_data(), result.numel(),
                  [&] { return rng.uniform(static_cast<real>(low), static_cast<real>(high)); });
  return result;
}
// Chosen at random from the given numbers.
Tensor among(const std::vector<double>& numbers, const Shape& shape, uint64_t seed) {
  Tensor result(shape);
  Rng rng(seed, 12);
  const auto count = static_cast<int64_t>(numbers.size());
  std::generate_n(result.mutable_data(), result.numel(),
                  [&] { return static_cast<real>(numbers[static_cast<size_t>(rng.below(count))]); });
  return result;
}
// Numbers that are difficult for some function: denormals, tiny ones, and those at which functions saturate.
const std::vector<double> kPositive{1e-45, 1e-40, 1e-38, 1e-30, 1e-8, 1e-3, 0.1, 0.4, 1, 3, 9, 15, 18, 30, 60, 79};
const std::vector<double> kEverySize = [] {
  std::vector<double> all{0};
  for (const double x : kPositive) all.insert(all.end(), {x, -x});
  return all;
}();

class Table {
 public:
  void add(const std::string& inputs, const Tensors& in, const Oracle& oracle, const std::vector<Variant>& variants,
           const NumericError& floor = kNoFloor) {
    constexpr double kUnit = std::numeric_limits<real>::epsilon() / 2;
    Truth truth;
    for (const auto& [name, op, bound] : variants) {
      Tensors ups;
      const Outcome outcome = run(op, in, [&ups](const Tensors& results) {
        for (const Tensor& result : results) ups.push_back(uniform(result.shape(), 90 + ups.size()));
        return ups;
      });
      if (truth.results.empty()) truth = oracle(in, ups);
      NumericLine line{name, inputs, {}, {bound.result * kUnit, bound.gradient * kUnit}};
      for (size_t k = 0; k < ups.size(); ++k)
        line.error.result =
            std::max(line.error.result, worst_error(outcome.results[k], truth.results[k], floor.result));
      for (size_t k = 0; k < in.size(); ++k)
        line.error.gradient =
            std::max(line.error.gradient, worst_error(outcome.gradients[k], truth.gradients[k], floor.gradient));
      lines.push_back(line);
    }
  }

  std::vector<NumericLine> lines;
};

template <class F>
Op one(F f) {
  return [f](const Tensors& in) { return Tensors{f(in)}; };
}

using Activation = Tensor (*)(const Tensor&);
struct Range {
  std::string name;
  double low, high;
  std::vector<double> hard;
};

// An activation with its inputs and the bounds of its errors.
struct ActivationCase {
  std::string name;
  Activation op;
  Exact (*exact)(const Exact&);
  const Range& range;
  NumericError ordinary, extreme;  // on numbers of the range, and on the hard ones
  NumericError floor = kNoFloor;
};

void activation(Table& table, const ActivationCase& c) {
  const Op f = one([op = c.op](const Tensors& in) { return op(in[0]); });
  const Oracle oracle = elementwise_oracle(c.exact);
  table.add(c.range.name, {uniform({20'000}, 1, c.range.low, c.range.high)}, oracle, {{c.name, f, c.ordinary}},
            c.floor);
  table.add("of every size", {among(c.range.hard, {2'000}, 2)}, oracle, {{c.name, f, c.extreme}}, c.floor);
}

void activations(Table& table) {
  Range below_overflow{"-8 ... 8", -8, 8, kEverySize}, all = below_overflow, off_kink = all;
  Range positive{"0.001 ... 8", 1e-3, 8, {kPositive.begin() + 2, kPositive.end()}};  // 1 / x is finite
  all.hard.insert(all.hard.end(), {-1e30, 1e30, -1e38, 1e38});
  off_kink.hard = all.hard;
  std::erase_if(off_kink.hard, [](double x) { return std::abs(x) < 0.1; });
  activation(table, {"exp", exp, exp, below_overflow, {3, 5}, {3, 5}});
  activation(table, {"log", log, log, positive, {3, 5}, {3, 5}});
  activation(table, {"sigmoid", sigmoid, sigmoid, all, {6, 4}, {4, 4}, kFromResult});
  activation(table, {"tanh", tanh, tanh, all, {5, 5}, {2, 3}, kFromResult});
  activation(table, {"softplus", softplus, softplus, all, {5, 8}, {4, 7}});
  activation(table, {"gelu", gelu, gelu, all, {250, 50}, {1000, 10}});  // as accurate as erfc in the tails
  activation(table, {"silu", silu, silu, all, {8, 30}, {6, 80}});
  activation(table, {"positive_g", positive_g, positive_g, off_kink, {6, 1.5}, {4, 1}, kFromResult});
  activation(table, {"log_g", log_g, log_g, all, {6, 8}, {4, 6}, kLogarithms});
}

constexpr int64_t kMillion = 1'048'576;
const Shape kOrdinary{1, 4'096, 3}, kLong{1, kMillion, 1};

void plain_scans(Table& table) {
  const auto line = [&](const std::string& inputs, const Tensor& a, const Tensor& b, const NumericError& bound) {
    table.add(inputs, {a, b, uniform({1, a.size(2)}, 3)}, scan_oracle(a.size(2)),
              {{"scan", one([](const Tensors& in) { return scan(in[0], in[1], in[2]); }), bound},
               {"boundary_scan", one([](const Tensors& in) { return boundary_scan(in[0], in[1], in[2]); }), bound}});
  };
  line("a in 0 ... 1, 4,096 steps", uniform(kOrdinary, 1, 0, 1), uniform(kOrdinary, 2), {5, 8});
  line("a in 0 ... 1, 1,048,576 steps", uniform(kLong, 1, 0, 1), uniform(kLong, 2), {6, 10});
  line("a = 1 - 1e-7, 1,048,576 steps", Tensor::full(kLong, real(1 - 1e-7)), uniform(kLong, 2), {3, 300});
  line("b of +-1e37", uniform(kOrdinary, 1, 0, 1), uniform(kOrdinary, 2, -1e37, 1e37), {6, 10});
  line("a and b of every size", among({0, 1e-40, 1e-8, 0.5, 1}, kOrdinary, 1), among(kEverySize, kOrdinary, 2), {6, 8});
}

void log_scans(Table& table) {
  const auto line = [&](const std::string& inputs, const Tensor& la, const Tensor& lx, const NumericError& sequential,
                        const NumericError* cumulative) {
    const auto variant = [](const char* name, LogForm form, const NumericError& bound) {
      return Variant{name, one([form](const Tensors& in) { return log_scan(in[0], in[1], in[2], form); }), bound};
    };
    std::vector<Variant> variants{variant("log_scan", LogForm::kSequential, sequential)};
    if (cumulative != nullptr) variants.push_back(variant("log_scan, cumulative", LogForm::kCumulative, *cumulative));
    table.add(inputs, {la, lx, uniform({1, la.size(2)}, 3, 0.1, 2)}, log_scan_oracle(la.size(2)), variants,
              kLogarithms);
  };
  constexpr NumericError kShort{2e4, 8e3}, kWhole{5e6, 3e6};
  line("a in 0.1 ... 1, 4,096 steps", uniform(kOrdinary, 1, -2, 0), uniform(kOrdinary, 2, -2, 2), {4, 6}, &kShort);
  line("a in 0.1 ... 1, 1,048,576 steps", uniform(kLong, 1, -2, 0), uniform(kLong, 2, -2, 2), {6, 8}, &kWhole);
  const Shape few{1, 64, 3};
  line("logarithms of +-1e30", among({-1e30, -100, -1, 0}, few, 1), among({-1e30, -100, -1, 0, 100, 1e30}, few, 2),
       {2, 60}, nullptr);
}

// Candidates (1, T, E) and gates (1, T, G) side by side: (1, T, E + G).
Tensor projection(const Tensor& candidates, const Tensor& gates) {
  const int64_t T = candidates.size(1), E = candidates.size(2), G = gates.size(2);
  Tensor p({1, T, E + G});
  for (int64_t t = 0; t < T; ++t) {
    std::copy_n(candidates.data() + t * E, E, p.mutable_data() + t * (E + G));
    std::copy_n(gates.data() + t * G, G, p.mutable_data() + t * (E + G) + E);
  }
  return p;
}

void gated_scan(Table& table, const std::string& name, int64_t gates, const Op& op,
                const std::function<Oracle(int64_t)>& oracle, const NumericError& bound, bool a_million) {
  const auto line = [&](const std::string& inputs, int64_t T, int64_t E, auto candidates, auto pre,
                        const NumericError& most, const NumericError& floor = kNoFloor) {
    const Tensor p = projection(candidates(Shape{1, T, E}, 1), pre(Shape{1, T, gates * E}, 2));
    table.add(inputs, {p, uniform({1, E}, 3, 0, 1)}, oracle(E), {{name, op, most}}, floor);
  };
  const auto within = [](double most) {
    return [most](const Shape& shape, uint64_t seed) { return uniform(shape, seed, -most, most); };
  };
  const auto of = [](const std::vector<double>& numbers) {
    return [numbers](const Shape& shape, uint64_t seed) { return among(numbers, shape, seed); };
  };
  line("gates of +-3, 4,096 steps", 4'096, 3, within(3), within(3), bound);
  if (a_million) line("gates of +-3, 1,048,576 steps", kMillion, 1, within(3), within(3), bound);
  // The rounding error of a is repeated a million times.
  if (a_million && gates == 1) line("keeping 1 - 1e-7, 1,048,576 steps", kMillion, 1, within(3), of({-16}), {4e5, 4e5});
  line("gates of +-100", 1'024, 3, within(3), within(100), bound, kClosedGates);
  line("gates of +-1e30", 1'024, 3, within(3), of({-1e30, -1, 0, 1, 1e30}), bound, kClosedGates);
  line("candidates of +-1e37", 1'024, 3, within(1e37), within(3), bound, kClosedGates);
  line("candidates of every size", 1'024, 3, of(kEverySize), within(3), bound);
}

void gated_scans(Table& table) {
  for (const Candidate candidate : {Candidate::kG, Candidate::kIdentity}) {
    const bool g = candidate == Candidate::kG;
    const std::string suffix = g ? "" : ", identity";
    gated_scan(
        table, "min_gru_scan" + suffix, 1,
        one([=](const Tensors& in) { return min_gru_scan(in[0], in[1], candidate); }),
        [=](int64_t E) { return min_gru_oracle(E, candidate); }, {25, 30}, g);
    for (const Gates gates : {Gates::kPlain, Gates::kNormalised})
      gated_scan(
          table, (gates == Gates::kPlain ? "min_lstm_scan" : "min_lstm_scan, normalised") + suffix, 2,
          one([=](const Tensors& in) { return min_lstm_scan(in[0], in[1], gates, candidate); }),
          [=](int64_t E) { return min_lstm_oracle(E, gates, candidate); }, {30, 45}, g && gates == Gates::kPlain);
  }
}

void selective_scans(Table& table) {
  const auto line = [&](const std::string& inputs, const Tensor& x, const Tensor& pre, const Tensor& A_log,
                        const NumericError& bound) {
    const int64_t T = x.size(1), E = x.size(2), N = A_log.size(1);
    const Op op = [](const Tensors& in) {
      const Scanned scanned = selective_scan(in[0], in[1], in[3], in[2], in[4], in[5]);
      return Tensors{scanned.y, scanned.last};
    };
    table.add(inputs, {x, pre, uniform({1, T, 2 * N}, 4), A_log, uniform({E}, 5), uniform({1, E, N}, 6)},
              selective_oracle(E, N), {{"selective_scan", op, bound}});
  };
  const Shape few{1, 500, 3};
  const Tensor x = uniform(few, 1), pre = uniform(few, 2, -3, 1), A_log = uniform({3, 4}, 3, 0, 2);
  const Tensor one_x = uniform(kLong, 1), one_A = uniform({1, 1}, 3, 0, 1e-3);
  line("steps of 0.05 ... 1.3, 500 steps", x, pre, A_log, {7, 11});
  line("keeping 1 - 1e-7, 1,048,576 steps", one_x, Tensor::full(kLong, -16), one_A, {4e5, 4e5});
  line("steps of exp(+-100)", x, uniform(few, 2, -100, 100), A_log, {12, 500});
  line("steps of +-1e30", x, among({-1e30, -1, 0, 1, 1e30}, few, 2), A_log, {40, 45});
  line("A of exp(-80) ... exp(100)", x, pre, among({-80, -1, 1, 100}, {3, 4}, 3), {9, 12});
  line("inputs of +-1e37", uniform(few, 1, -1e37, 1e37), pre, A_log, {8, 10});
}

void norms(Table& table) {
  const auto line = [&](const std::string& inputs, const Tensor& x, bool batch = true) {
    const int64_t D = x.size(-1);
    const Tensor weight = uniform({D}, 2, 0.5, 2), bias = uniform({D}, 3);
    const auto rms = [&](const std::string& name, const RmsNormOptions& options, const NumericError& bound) {
      table.add(inputs, {x, weight}, rms_norm_oracle(options.eps, options.offset),
                {{name, one([options](const Tensors& in) { return rms_norm(in[0], in[1], options); }), bound}});
    };
    const auto layer = [&](const std::string& name, real eps, const NumericError& bound) {
      table.add(inputs, {x, weight, bias}, layer_norm_oracle(eps),
                {{name, one([eps](const Tensors& in) { return layer_norm(in[0], in[1], in[2], eps); }), bound}});
    };
    rms("rms_norm", {.eps = real(0x1p-23)}, {10, 10});
    rms("rms_norm, eps = 0", {.eps = 0, .offset = 1}, {12, 12});
    layer("layer_norm", real(1e-5), {8, 6});
    layer("layer_norm, eps = 0", 0, {10, 3});
    const Op f =
        one([](const Tensors& in) { return batch_norm(in[0], in[1], in[2], channel_statistics(in[0]), real(1e-5)); });
    if (batch) table.add(inputs, {x, weight, bias}, batch_norm_oracle(real(1e-5)), {{"batch_norm", f, {5, 6}}});
  };
  const Shape shape{20, 37};
  line("rows of +-3", uniform(shape, 1, -3, 3));
  line("rows of 1,000 +- 1", uniform(shape, 1, 999, 1'001));
  line("rows of +-1e18", uniform(shape, 1, -1e18, 1e18));
  line("rows of +-1e38", uniform(shape, 1, -1e38, 1e38), false);  // the variance overflows
  line("rows of +-1e-35", uniform(shape, 1, -1e-35, 1e-35));
  line("rows of equal numbers", Tensor::full(shape, real(0.1)));
  line("rows of zeros", Tensor::zeros(shape));
}

void losses(Table& table) {
  const int64_t N = 40, V = 65, D = 9;
  Ids targets({N});
  Rng rng(1);
  for (int64_t i = 0; i < N; ++i) targets.data()[i] = static_cast<int32_t>(rng.below(V));
  targets.data()[3] = -1;
  const auto line = [&](const std::string& inputs, const Tensor& logits, const NumericError& bound) {
    table.add(inputs, {logits}, cross_entropy_oracle(targets),
              {{"cross_entropy", one([targets](const Tensors& in) { return cross_entropy(in[0], targets); }), bound}});
  };
  Tensor sure = uniform({N, V}, 1);
  for (int64_t i = 0; i < N; ++i)
    if (targets[i] >= 0) sure.mutable_data()[i * V + targets[i]] = 25;
  line("logits of +-5", uniform({N, V}, 1, -5, 5), {4, 60});
  line("logits of +-100", uniform({N, V}, 1, -100, 100), {2, 400});
  line("logits of +-1e30", uniform({N, V}, 1, -1e30, 1e30), {5, 2});
  line("equal logits of 1e30", Tensor::full({N, V}, real(1e30)), {3, 9});
  line("a target 25 above the others", sure, {4, 60});
  const auto linear = [&](const std::string& inputs, double range, const NumericError& bound) {
    const Op op =
        one([targets](const Tensors& in) { return linear_cross_entropy(in[0], in[1], targets, {}, 500).loss; });
    table.add(inputs, {uniform({N, D}, 1, -range, range), uniform({V, D}, 2, -range, range)},
              linear_cross_entropy_oracle(targets), {{"linear_cross_entropy", op, bound}});
  };
  linear("x and weight of +-1", 1, {2, 7});
  linear("x and weight of +-1e15", 1e15, {1, 8});
}

void cells(Table& table) {
  const int64_t T = 30, H = 7;
  const auto add = [&](const char* name, int64_t gates, size_t states, const Op& op, const Oracle& oracle,
                       const NumericError& bound) {
    for (const auto& [inputs, range] : {std::pair{"pre-activations of +-3", 3.0},
                                        {"pre-activations of +-100", 100.0},
                                        {"pre-activations of +-1e30", 1e30}}) {
      Tensors in{uniform({2, T, gates * H}, 1, -range, range), uniform({gates * H, H}, 2, -0.4, 0.4),
                 uniform({gates * H}, 3, -0.4, 0.4)};
      for (size_t k = 0; k < states; ++k) in.push_back(uniform({2, H}, 4 + k));
      table.add(inputs, in, oracle, {{name, op, bound}}, kFromResult);
    }
  };
  add("elman", 1, 1, one([](const Tensors& in) { return elman(in[0], in[1], in[2], in[3]); }), elman_oracle(H), {5, 9});
  add("gru", 3, 1, one([](const Tensors& in) { return gru(in[0], in[1], in[2], in[3]); }), gru_oracle(H), {20, 12});
  const Op of_lstm = [](const Tensors& in) {
    const LstmStates states = lstm(in[0], in[1], in[2], {in[3], in[4]});
    return Tensors{states.h, states.c};
  };
  add("lstm", 4, 2, of_lstm, lstm_oracle(H), {150, 8});
}

}  // namespace

#if defined(SCANGRAD_DOUBLE)
std::vector<NumericLine> numerics_in_double() {
#else
std::vector<NumericLine> numerics_in_float() {
#endif
  Table table;
  activations(table);
  plain_scans(table);
  log_scans(table);
  gated_scans(table);
  selective_scans(table);
  norms(table);
  losses(table);
  cells(table);
  return table.lines;
}

}  // namespace scangrad_tools
