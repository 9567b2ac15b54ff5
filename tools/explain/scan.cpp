// scangrad explain scan: h[t] = a[t] h[t-1] + b[t] step by step, as a tree, and its gradient.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/random.h"
#include "../../ops/diagonal/tree_scan.h"
#include "../../ops/scan.h"
#include "explain.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

using Values = std::vector<real>;

constexpr int kName = 8, kColumn = 9, kColumns = 8;  // of a table: 80 characters

int64_t count(const Values& values) {
  return static_cast<int64_t>(values.size());
}

// A row of numbers for the steps first, first + 1, ...
void print_row(const std::string& name, const Values& values, int64_t first = 0) {
  fmt::print("{:<{}}", name, kName);
  for (int64_t t = first; t < std::min(first + kColumns, count(values)); ++t)
    fmt::print("{:>{}.3f}", values[static_cast<size_t>(t)], kColumn);
  fmt::print("\n");
}

// Rows with a heading of step numbers, in blocks of kColumns steps.
void print_table(const std::vector<std::pair<std::string, Values>>& rows) {
  const int64_t n = count(rows[0].second);
  for (int64_t first = 0; first < n; first += kColumns) {
    fmt::print("{:<{}}", "t", kName);
    for (int64_t t = first; t < std::min(first + kColumns, n); ++t) fmt::print("{:>{}}", t, kColumn);
    fmt::print("\n");
    for (const auto& [name, values] : rows) print_row(name, values, first);
  }
}

// One level of the tree: a text for each span of `width` steps. With few steps it stands below the last step of its
// span, otherwise after the span's steps.
void print_level(int64_t n, int64_t width, const std::vector<std::string>& texts) {
  const int64_t shown = std::min(width, n);
  fmt::print("{:<{}}", fmt::format("{} step{}", shown, shown == 1 ? "" : "s"), kName);
  for (size_t i = 0; i < texts.size(); ++i) {
    const int64_t begin = static_cast<int64_t>(i) * width, end = std::min(begin + width, n);
    if (n <= kColumns)
      fmt::print("{:>{}}", texts[i], (end - begin) * kColumn);
    else
      fmt::print("{} {:>2}-{:<2}{:>17}", i > 0 && i % 3 == 0 ? "\n        " : "", begin, end - 1, texts[i]);
  }
  fmt::print("\n");
}

std::string pair_of(const Step& step) {
  return fmt::format("({:.3f}, {:.3f})", step.a, step.b);
}

// The levels of the tree: the steps, pairs of steps, pairs of pairs, and so on.
std::vector<std::vector<Step>> tree_of(const Values& a, const Values& b) {
  std::vector<std::vector<Step>> levels(1);
  for (size_t t = 0; t < a.size(); ++t) levels[0].push_back({a[t], b[t]});
  while (levels.back().size() > 1) {
    const std::vector<Step>& below = levels.back();
    std::vector<Step> level;
    for (size_t i = 0; i < below.size(); i += 2)
      level.push_back(i + 1 < below.size() ? combine(below[i + 1], below[i]) : below[i]);
    levels.push_back(level);
  }
  return levels;
}

// Down the tree: the state before each span, from the state before the span that contains it.
Values explain_way_down(int64_t n, const std::vector<std::vector<Step>>& levels) {
  Values before{0};
  for (size_t level = levels.size(); level-- > 0;) {
    if (level + 1 < levels.size()) {
      Values halves;
      for (size_t i = 0; i < levels[level].size(); ++i) {
        const real whole = before[i / 2];
        const Step& left = levels[level][i - i % 2];
        halves.push_back(i % 2 == 0 ? whole : left.a * whole + left.b);
      }
      before = halves;
    }
    std::vector<std::string> texts;
    for (const real value : before) texts.push_back(fmt::format("{:.3f}", value));
    print_level(n, int64_t(1) << level, texts);
  }
  return before;
}

void explain_tree(int64_t n, const Values& a, const Values& b) {
  const std::vector<std::vector<Step>> levels = tree_of(a, b);
  std::vector<Step> steps = levels[0];
  const ScanCost cost = tree_scan(ScanKind::kBlelloch, steps);
  fmt::print(
      "\n"
      "As a tree. Step t is the map h -> a h + b, written (a, b). Two steps in a row\n"
      "are one step again:\n"
      "\n"
      "    (a1, b1), then (a2, b2)   =   (a2 a1, a2 b1 + b2)\n"
      "\n"
      "So neighbours combine, then pairs of neighbours, and so on. All pairs in one\n"
      "line could be computed at the same time:\n"
      "\n");
  for (size_t level = 1; level < levels.size(); ++level) {
    std::vector<std::string> texts;
    for (const Step& step : levels[level]) texts.push_back(pair_of(step));
    print_level(n, int64_t(1) << level, texts);
  }
  fmt::print(
      "\n"
      "Then back down: each span gets the state before it. Its left half has the same\n"
      "state before it; before its right half is what the left half makes of it:\n"
      "\n");
  const Values before = explain_way_down(n, levels);
  Values h;
  for (size_t t = 0; t < a.size(); ++t) h.push_back(a[t] * before[t] + b[t]);
  fmt::print("\nThe last line holds h[t-1] for each t, so every step can compute its h[t]:\n\n");
  print_table({{"h[t]", h}});
  fmt::print("\nThis takes {} combinations. The longest chain has {} instead of {}.\n", cost.work, cost.depth, n - 1);
}

void explain_gradient(const Values& a, const Values& dh, const Values& s, const Values& da) {
  const auto n = static_cast<int64_t>(a.size());
  fmt::print(
      "\n"
      "The gradient. dh[t] is the direct gradient of the loss with respect to h[t].\n"
      "Then s[t] = dh[t] + a[t+1] s[t+1] is the whole gradient: the same recurrence\n"
      "from the right, so the same tree, mirrored. From it db[t] = s[t] and da[t] =\n"
      "s[t] h[t-1].\n"
      "\n");
  print_table({{"dh[t]", dh}});
  fmt::print("\n");
  for (int64_t t = n - 1; t >= 0; --t) {
    const auto i = static_cast<size_t>(t);
    if (t == n - 1)
      fmt::print("  s[{}] = {:.3f}\n", t, s[i]);
    else
      fmt::print("  s[{}] = {:.3f} + {:.3f} * {:.3f} = {:.3f}\n", t, dh[i], a[i + 1], s[i + 1], s[i]);
  }
  fmt::print("\n");
  print_table({{"db[t]", s}, {"da[t]", da}});
}

}  // namespace

int explain_scan(int64_t n, uint64_t seed) {
  check(n >= 2 && n <= 16, "explain: length is {}, but 2 to 16 is needed", n);
  Rng rng(seed);
  Values a, b, dh;
  for (int64_t t = 0; t < n; ++t) {
    a.push_back(static_cast<real>(0.1) * static_cast<real>(1 + rng.below(9)));
    b.push_back(static_cast<real>(0.5) * static_cast<real>(rng.below(7)) - 1);
    dh.push_back(static_cast<real>(rng.below(3)) - 1);
  }
  Tensor ta({1, n, 1}, a), tb({1, n, 1}, b);
  ta.set_requires_grad(true);
  tb.set_requires_grad(true);
  const Tensor h = scan(ta, tb, {});
  backward({h}, {Tensor({1, n, 1}, dh)});
  const Values hs = h.values();

  fmt::print("The recurrence h[t] = a[t] h[t-1] + b[t], from h[-1] = 0\n\n");
  print_table({{"a[t]", a}, {"b[t]", b}});
  fmt::print("\nStep by step: {} steps, and each waits for the one before it\n\n", n);
  for (int64_t t = 0; t < n; ++t) {
    const auto i = static_cast<size_t>(t);
    fmt::print("  h[{}] = {:.3f} * {:.3f} + {:.3f} = {:.3f}\n", t, a[i], t > 0 ? hs[i - 1] : 0, b[i], hs[i]);
  }
  explain_tree(n, a, b);
  explain_gradient(a, dh, tb.grad().values(), ta.grad().values());
  fmt::print(
      "\n"
      "No step is kept for backpropagation through time: ops/scan.cpp is two loops.\n"
      "On a CPU the program computes the steps in order, because one multiply-add for\n"
      "each step costs less than the tree.\n");
  return 0;
}

}  // namespace scangrad_tools
