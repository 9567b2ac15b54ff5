// scangrad explain: prints the algorithm with numbers, so that a reader can follow it by hand.
//
//   scangrad explain scan --length 8      the recurrence step by step, as a tree, and its gradient
//   scangrad explain mingru               one step of the cell and its gradient
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/random.h"
#include "../../ops/diagonal/min_gru_scan.h"
#include "../../ops/diagonal/tree_scan.h"
#include "../../ops/scan.h"
#include "commands.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

using Values = std::vector<real>;

constexpr int kColumn = 9;

void print_row(const std::string& name, const Values& values) {
  fmt::print("  {:<10}", name);
  for (const real value : values) fmt::print("{:>{}.3f}", value, kColumn);
  fmt::print("\n");
}

// Prints each text below the last column of its span.
void print_spans(const std::string& name, int64_t n, int64_t width, const std::vector<Step>& steps) {
  fmt::print("  {:<10}", name);
  for (size_t i = 0; i < steps.size(); ++i) {
    const int64_t begin = static_cast<int64_t>(i) * width, end = std::min(begin + width, n);
    const std::string cell = fmt::format("({:.3f}, {:.3f})", steps[i].a, steps[i].b);
    fmt::print("{:>{}}", cell, static_cast<int>(end - begin) * kColumn);
  }
  fmt::print("\n");
}

// Prints the tree: pairs of steps, pairs of pairs, and so on, one line for each level.
void print_tree(const Values& a, const Values& b) {
  std::vector<Step> level;
  for (size_t t = 0; t < a.size(); ++t) level.push_back({a[t], b[t]});
  const auto n = static_cast<int64_t>(a.size());
  for (int64_t width = 2; level.size() > 1; width *= 2) {
    std::vector<Step> above;
    for (size_t i = 0; i < level.size(); i += 2)
      above.push_back(i + 1 < level.size() ? combine(level[i + 1], level[i]) : level[i]);
    level = above;
    print_spans(fmt::format("{} steps", std::min(width, n)), n, width, level);
  }
}

std::string as_equation(int64_t t, real a, real before, real b, real result) {
  return fmt::format("h[{}] = {:.3f} * {:.3f} + {:.3f} = {:.3f}", t, a, before, b, result);
}

void explain_tree(int64_t n, const Values& a, const Values& b) {
  std::vector<Step> steps;
  for (int64_t t = 0; t < n; ++t) steps.push_back({a[static_cast<size_t>(t)], b[static_cast<size_t>(t)]});
  const ScanCost cost = tree_scan(ScanKind::kBlelloch, steps);
  Values from_tree;
  for (const Step& step : steps) from_tree.push_back(step.b);
  fmt::print(
      "\nAs a tree: step t is the map h -> a h + b, written (a, b). Two steps in a row are one step again:\n"
      "    (a1, b1), then (a2, b2)   =   (a2 a1, a2 b1 + b2)\n"
      "so neighbours combine, then pairs of neighbours. What stands in one line could be computed at the same "
      "time:\n\n");
  print_tree(a, b);
  fmt::print(
      "\nand on the way back down every step gets its h: {} combinations, the longest chain {} instead of {}\n\n",
      cost.work, cost.depth, n - 1);
  print_row("h[t]", from_tree);
}

void explain_gradient(const Values& a, const Values& dh, const Values& s, const Values& da) {
  const auto n = static_cast<int64_t>(a.size());
  fmt::print(
      "\nThe gradient: with dh[t] from outside, s[t] = dh[t] + a[t+1] s[t+1]: the same recurrence from the right,\n"
      "so the same tree, mirrored. Then db[t] = s[t] and da[t] = s[t] h[t-1].\n\n");
  print_row("dh[t]", dh);
  for (int64_t t = n - 1; t >= 0; --t) {
    const auto i = static_cast<size_t>(t);
    if (t == n - 1)
      fmt::print("  s[{}] = {:.3f}\n", t, s[i]);
    else
      fmt::print("  s[{}] = {:.3f} + {:.3f} * {:.3f} = {:.3f}\n", t, dh[i], a[i + 1], s[i + 1], s[i]);
  }
  fmt::print("\n");
  print_row("db[t]", s);
  print_row("da[t]", da);
}

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
  const Values hs = h.values(), s = tb.grad().values(), da = ta.grad().values();

  fmt::print("The recurrence h[t] = a[t] h[t-1] + b[t], from h[-1] = 0\n\n  {:<10}", "t");
  for (int64_t t = 0; t < n; ++t) fmt::print("{:>{}}", t, kColumn);
  fmt::print("\n");
  print_row("a[t]", a);
  print_row("b[t]", b);
  fmt::print("\nStep by step: {} steps, each waits for the one before\n\n", n);
  for (int64_t t = 0; t < n; ++t) {
    const auto i = static_cast<size_t>(t);
    fmt::print("  {}\n", as_equation(t, a[i], t > 0 ? hs[i - 1] : 0, b[i], hs[i]));
  }
  explain_tree(n, a, b);

  explain_gradient(a, dh, s, da);
  fmt::print(
      "\nNothing here was unrolled: ops/scan.cpp is two loops. The tree is one way to scan; the engine takes the steps "
      "in\n"
      "order, because on a CPU one multiply-add for each step costs least.\n");
  return 0;
}

int explain_mingru() {
  const real k = real(0.4), v = real(0.7), before = real(1.5), dh = 1;
  Tensor p({1, 1, 2}, {v, k}), h0({1, 1}, {before});
  p.set_requires_grad(true);
  h0.set_requires_grad(true);
  const Tensor h = min_gru_scan(p, h0);
  backward({h}, {Tensor::full({1, 1, 1}, dh)});
  const real z = 1 / (1 + std::exp(-k)), c = v + real(0.5);
  fmt::print(
      "One step of minGRU, one channel. The two projections of x[t] gave k = {:.3f} and v = {:.3f}; h[t-1] = {:.3f}\n\n"
      "  z = sigmoid(k)            = {:.3f}      how much of the new candidate is taken\n"
      "  c = g(v) = v + 1/2        = {:.3f}      candidate; below zero g(v) is sigmoid(v), so that c stays positive\n"
      "  h = (1 - z) h[t-1] + z c  = {:.3f} * {:.3f} + {:.3f} * {:.3f} = {:.3f}\n\n"
      "Neither z nor c looks at h[t-1]: all of them, for all steps, come from one matrix product, and h[t] = a h[t-1] "
      "+ b\n"
      "with a = 1 - z and b = z c is a linear recurrence: `scangrad explain scan`.\n\n",
      k, v, before, z, c, 1 - z, before, z, c, h.item());
  fmt::print(
      "Its gradient, when dh = {:.3f} arrives from the loss and from step t+1 together:\n\n"
      "  dz = dh (c - h[t-1])      = {:.3f}\n"
      "  dk = dz z (1 - z)         = {:.3f}      the program's: {:.3f}\n"
      "  dc = dh z                 = {:.3f}\n"
      "  dv = dc g'(v) = dc        = {:.3f}      the program's: {:.3f}\n"
      "  dh[t-1] = dh (1 - z)      = {:.3f}      the program's: {:.3f}: all that flows back to the step before\n",
      dh, dh * (c - before), dh * (c - before) * z * (1 - z), p.grad().data()[1], dh * z, dh * z, p.grad().data()[0],
      dh * (1 - z), h0.grad().item());
  return 0;
}

}  // namespace

Run add_explain(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("explain", "the algorithm with numbers, to be followed by hand");
  command->require_subcommand(1);
  const auto length = std::make_shared<int64_t>(8);
  const auto seed = std::make_shared<uint64_t>(1);
  CLI::App* const scan_command =
      command->add_subcommand("scan", "the recurrence step by step, as a tree, and its gradient");
  scan_command->add_option("--length", *length, "steps")->capture_default_str();
  scan_command->add_option("--seed", *seed, "of the numbers")->capture_default_str();
  command->add_subcommand("mingru", "one step of the cell and its gradient");
  return [command, length, seed] {
    return command->got_subcommand("scan") ? explain_scan(*length, *seed) : explain_mingru();
  };
}

}  // namespace scangrad_tools
