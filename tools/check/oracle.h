// The parts of oracles. An oracle takes the inputs of an op and the gradients of its results, and computes the results
// and the gradients of the inputs in exact numbers (exact.h). It is made from an equation in one of two ways:
//
//   all_at_once(f)           results = f(inputs): for ops without time
//   TimeOracle(step, how)    results at t = step(inputs at t, weights, states), which replaces the states: for
//                            recurrences. Its tape holds one step at a time, so that a million steps fit in memory
#pragma once

#include <algorithm>
#include <functional>
#include <limits>

#include "../../core/autograd.h"
#include "../../core/tensor.h"
#include "../../ops/boundaries.h"
#include "exact.h"

namespace scangrad::SCANGRAD_PRECISION {

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

// A row of a tensor as numbers with gradients; zeros if the tensor is undefined or the row is -1.
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

// An op, and its results with the gradients of its inputs for given gradients of the results.
using Op = std::function<Tensors(const Tensors& inputs)>;
struct Outcome {
  Tensors results, gradients;
};
inline Outcome run(const Op& op, const Tensors& inputs, const std::function<Tensors(const Tensors& results)>& ups) {
  Tensors leaves;
  for (const Tensor& input : inputs) {
    leaves.push_back(input.clone());
    if (input.defined()) leaves.back().set_requires_grad(true);
  }
  Outcome outcome{op(leaves), {}};
  backward(outcome.results, ups(outcome.results));
  for (const Tensor& leaf : leaves) outcome.gradients.push_back(leaf.grad());
  return outcome;
}
// The largest error of an element, relative to its size or to `floor`, whichever is larger. Infinite if an element is
// not finite but should be.
inline double worst_error(const Tensor& tensor, const Numbers& truth, double floor = 0) {
  constexpr auto kMost = static_cast<long double>(std::numeric_limits<real>::max());
  const long double least = std::max<long double>(floor, std::numeric_limits<real>::min());
  double worst = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    const real got = tensor.defined() ? tensor.data()[i] : 0;
    const Number& exact = truth[i];
    const bool beyond =
        std::isinf(got) && std::abs(exact.value) > kMost && std::signbit(got) == std::signbit(exact.value);
    if (got == exact.value || beyond) continue;
    const auto error = static_cast<double>(std::abs(got - exact.value) / std::max(exact.size, least));
    worst = std::isfinite(error) ? std::max(worst, error) : INFINITY;
  }
  return worst;
}

template <class F>
Oracle all_at_once(F f) {
  return [f](const Tensors& inputs, const Tensors& ups) {
    Exact::forget();
    Arrays in;
    for (const Tensor& input : inputs) in.push_back(leaves(input, input.defined() ? input.shape() : Shape{0}));
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

// The results of one step; replaces the states by those after the step.
using StepFunction = std::function<Arrays(const Arrays& now, const Arrays& weights, Arrays& states)>;

// How a TimeOracle reads its inputs: first `timed` inputs (B, T, *), then `weights` inputs that are the same at all
// steps, then the start of each state (S, ...), which may be undefined.
struct OverTime {
  size_t timed = 1, weights = 0;
  std::vector<Shape> states;      // the shape of each state in one sequence
  std::vector<int64_t> channels;  // of each result
  Boundaries at = {};
  bool last = false;                             // whether the last states of each stream are results too
  Exact (*begin)(const Exact& start) = nullptr;  // the first value of a state from its start; unset: the start
  real at_padding = 0;
};

class TimeOracle {
 public:
  TimeOracle(StepFunction step, OverTime how) : step_(std::move(step)), how_(std::move(how)) {}

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

    // The start of a state, and its first value.
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

  StepFunction step_;
  OverTime how_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
