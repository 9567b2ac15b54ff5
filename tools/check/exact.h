// Numbers for oracles: long double, with a size and with derivatives. With them the oracle of an op is just its
// equation in plain loops.
//
// An error of a number is measured relative to the size of the number:
//
//   given number    size = |x|
//   sum             size = sum of the sizes of the terms, so that cancellation of terms does not count as an error
//   f(x)            size = |f(x)| + |f'(x)| * (size of x - |x|)
//   product         size = |x y| + |x| * (size of y - |y|) + |y| * (size of x - |x|)
//
// Every operation records its derivatives on a tape (one per thread), and `Exact::gradients` runs the tape backward.
// The sizes of gradients follow the same rules.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

struct Number {
  long double value = 0, size = 0;
  // The part of the size that terms of opposite sign cancelled; 0 for infinity.
  long double cancelled() const { return size > std::abs(value) ? size - std::abs(value) : 0; }
};
inline Number product(const Number& a, const Number& b) {
  const long double value = a.value * b.value;
  return {value, std::abs(value) + std::abs(a.value) * b.cancelled() + a.cancelled() * std::abs(b.value)};
}

class Exact : public Number {
 public:
  Exact(long double constant = 0) : Number{constant, std::abs(constant)} {}
  // A number with a gradient.
  static Exact leaf(const Number& number) { return Exact(number, {{{-1, {}}, {-1, {}}}}); }

  friend Exact operator+(const Exact& a, const Exact& b) {
    return Exact({a.value + b.value, a.size + b.size}, {{{a.node_, {1, 1}}, {b.node_, {1, 1}}}});
  }
  friend Exact operator*(const Exact& a, const Exact& b) {
    return Exact(product(a, b), {{{a.node_, b}, {b.node_, a}}});
  }
  // a - b of given numbers, or numbers without rounding errors: what cancels does not add to the size.
  friend Exact difference(const Exact& a, const Exact& b) {
    const long double value = a.value - b.value;
    return Exact({value, std::abs(value) + a.cancelled() + b.cancelled()}, {{{a.node_, {1, 1}}, {b.node_, {-1, 1}}}});
  }
  // f(x), from f, slope = f' and curvature = f'' at x.
  static Exact function(const Exact& x, long double f, long double slope, long double curvature) {
    const auto sized = [lost = x.cancelled()](long double value, long double change) {
      return Number{value, std::abs(value) + (lost > 0 ? std::abs(change) * lost : 0)};
    };
    return Exact(sized(f, slope), {{{x.node_, sized(slope, curvature)}, {-1, {}}}});
  }

  // Backward from the results with their gradients: the gradient of every number, by its place on the tape. Clears the
  // tape.
  static std::vector<Number> gradients(const std::vector<std::pair<Exact, Number>>& results) {
    std::vector<Number> all(tape().size());
    const auto add = [&all](int64_t place, const Number& slope, const Number& gradient) {
      if (place < 0) return;
      const Number term = product(slope, gradient);
      all[static_cast<size_t>(place)].value += term.value;
      all[static_cast<size_t>(place)].size += term.size;
    };
    for (const auto& [result, gradient] : results) add(result.node_, {1, 1}, gradient);
    for (size_t i = all.size(); i-- > 0;)
      for (const auto& [parent, slope] : tape()[i]) add(parent, slope, all[i]);
    tape().clear();
    return all;
  }
  static void forget() { tape().clear(); }
  size_t place() const { return static_cast<size_t>(node_); }

 private:
  using Node = std::array<std::pair<int64_t, Number>, 2>;  // parents, and the derivatives by them
  static std::vector<Node>& tape() {
    static thread_local std::vector<Node> nodes;
    return nodes;
  }
  Exact(const Number& number, const Node& node) : Number(number), node_(static_cast<int64_t>(tape().size())) {
    tape().push_back(node);
  }

  int64_t node_ = -1;
};

using Exacts = std::vector<Exact>;

inline Exact operator-(const Exact& a) {
  return a * Exact(-1);
}
inline Exact operator-(const Exact& a, const Exact& b) {
  return a + -b;
}
inline Exact inverse(const Exact& x) {
  const long double y = 1 / x.value;
  return Exact::function(x, y, -y * y, 2 * y * y * y);
}
inline Exact operator/(const Exact& a, const Exact& b) {
  return a * inverse(b);
}
inline Exact exp(const Exact& x) {
  const long double y = std::exp(x.value);
  return Exact::function(x, y, y, y);
}
inline Exact log(const Exact& x) {
  return Exact::function(x, std::log(x.value), 1 / x.value, -1 / (x.value * x.value));
}
inline Exact log1p(const Exact& x) {
  const long double slope = 1 / (1 + x.value);
  return Exact::function(x, std::log1p(x.value), slope, -slope * slope);
}
inline Exact sqrt(const Exact& x) {
  const long double y = std::sqrt(x.value);
  return Exact::function(x, y, 0.5L / y, -0.25L / (x.value * y));
}
inline Exact tanh(const Exact& x) {
  const long double y = std::tanh(x.value), c = std::cosh(x.value), slope = 1 / c / c;
  return Exact::function(x, y, slope, -2 * y * slope);
}
inline Exact sigmoid(const Exact& x) {
  const long double y = 1 / (1 + std::exp(-x.value)), rest = 1 / (1 + std::exp(x.value));
  return Exact::function(x, y, y * rest, y * rest * (rest - y));
}
inline Exact softplus(const Exact& x) {
  const long double y = std::max(x.value, 0.0L) + std::log1p(std::exp(-std::abs(x.value)));
  const long double slope = 1 / (1 + std::exp(-x.value));
  return Exact::function(x, y, slope, slope / (1 + std::exp(x.value)));
}
inline Exact normal_cdf(const Exact& x) {
  const long double density = std::exp(-x.value * x.value / 2) / std::sqrt(2 * std::acos(-1.0L));
  return Exact::function(x, std::erfc(-x.value / std::sqrt(2.0L)) / 2, density, -x.value * density);
}
inline Exact relu(const Exact& x) {
  return x.value > 0 ? x : x * 0;
}
inline Exact gelu(const Exact& x) {
  return x * normal_cdf(x);
}
inline Exact silu(const Exact& x) {
  return x * sigmoid(x);
}
inline Exact positive_g(const Exact& x) {
  return x.value < 0 ? sigmoid(x) : x + 0.5L;
}
inline Exact log_g(const Exact& x) {
  return x.value < 0 ? -softplus(-x) : log(x + 0.5L);
}
inline Exact logaddexp(const Exact& p, const Exact& q) {
  return p.value < q.value ? q + softplus(p - q) : p + softplus(q - p);
}

}  // namespace scangrad::SCANGRAD_PRECISION
