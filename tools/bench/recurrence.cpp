// scangrad bench recurrence: one recurrence in every form, on one thread: its time and its rounding error.
//
//   scangrad bench recurrence 4096
//   h = a h + b over 4096 steps, 512 channels, one thread; ns per step and channel
//                              forward  backward     error     work  depth
//   scan                          0.42      0.81   1.6e-07
//   ...
//
// The first three are ops (ops/scan.h, ops/diagonal/log_scan.h). The others are the scans of the literature
// (ops/diagonal/tree_scan.h), on one channel at a time, forward only, with the number of combinations and the length of
// the longest chain of them. They count while they run, so compare them with one another only. The error is the largest
// relative difference from the recurrence in long double.
#include <fmt/format.h>

#include <cmath>
#include <functional>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/threads.h"
#include "../../ops/diagonal/log_scan.h"
#include "../../ops/diagonal/tree_scan.h"
#include "../../ops/scan.h"
#include "bench.h"
#include "measure.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

constexpr int64_t kSequences = 8, kChannels = 64;

struct Inputs {
  explicit Inputs(int64_t steps);

  int64_t steps;
  Tensor a, b, log_a, log_b;   // (kSequences, steps, kChannels)
  std::vector<long double> h;  // of the same shape
};

Inputs::Inputs(int64_t T)
    : steps(T),
      a(random_normal({kSequences, T, kChannels}, 1)),
      b(random_normal({kSequences, T, kChannels}, 2)),
      log_a(a.shape()),
      log_b(b.clone()),
      h(static_cast<size_t>(a.numel())) {
  for (int64_t i = 0; i < a.numel(); ++i) {
    real& gate = a.mutable_data()[i];
    gate = 1 / (1 + std::exp(-gate));
    log_a.mutable_data()[i] = std::log(gate);
    b.mutable_data()[i] = std::exp(b.data()[i]);
    const int64_t t = i / kChannels % T;
    const long double before = t == 0 ? 0 : h[static_cast<size_t>(i - kChannels)];
    h[static_cast<size_t>(i)] = static_cast<long double>(gate) * before + static_cast<long double>(b.data()[i]);
  }
}

// Makes `error` the larger one. NaN stays.
void add_error(double& error, long double is, long double should) {
  const auto now = static_cast<double>(std::abs(is - should) / should);
  if (!(now <= error)) error = now;
}

using Op = std::function<Tensor(const Tensor&, const Tensor&)>;

void measure_op(const std::string& name, const Inputs& in, bool logarithms, const Op& op) {
  const Tensor& a = logarithms ? in.log_a : in.a;
  const Tensor& b = logarithms ? in.log_b : in.b;
  double error = 0;
  const Tensor y = op(a, b);
  for (int64_t i = 0; i < y.numel(); ++i) {
    const auto value = static_cast<long double>(y.data()[i]);
    add_error(error, logarithms ? std::exp(value) : value, in.h[static_cast<size_t>(i)]);
  }
  const Tensor dy = random_normal(y.shape(), 3);
  Tensor x = a.clone(), z = b.clone();
  x.set_requires_grad(true);
  z.set_requires_grad(true);
  const double forward = median_seconds([&] { op(a, b); });
  const double both = median_seconds([&] {
    x.zero_grad();
    z.zero_grad();
    backward({op(x, z)}, {dy});
  });
  const double ns = 1e9 / static_cast<double>(y.numel());
  fmt::print("{:<26}{:>8.2f}{:>10.2f}{:>10.1e}\n", name, forward * ns, (both - forward) * ns, error);
}

void measure_tree(const std::string& name, const Inputs& in, ScanKind kind) {
  ScanCost cost;
  double error = 0, seconds = 0;
  for (int64_t channel = 0; channel < kChannels; ++channel) {
    std::vector<Step> steps;
    for (int64_t i = channel; i < in.steps * kChannels; i += kChannels)
      steps.push_back({in.a.data()[i], in.b.data()[i]});
    seconds += seconds_of([&] { cost = tree_scan(kind, steps); });
    for (size_t t = 0; t < steps.size(); ++t)
      add_error(error, static_cast<long double>(steps[t].b), in.h[t * kChannels + static_cast<size_t>(channel)]);
  }
  const double ns = seconds * 1e9 / static_cast<double>(in.steps * kChannels);
  fmt::print("{:<26}{:>8.2f}{:>10}{:>10.1e}{:>9}{:>7}\n", name, ns, "", error, cost.work, cost.depth);
}

}  // namespace

int bench_recurrence(int64_t steps) {
  check_sizes({steps});
  const int before = threads();
  set_threads(1);
  print_machine();
  const Inputs in(steps);
  fmt::print("h = a h + b over {} steps, {} channels, one thread; ns per step and channel\n", steps,
             kSequences * kChannels);
  fmt::print("{:<26}{:>8}{:>10}{:>10}{:>9}{:>7}\n", "", "forward", "backward", "error", "work", "depth");
  measure_op("scan", in, false, [](const Tensor& a, const Tensor& b) { return scan(a, b); });
  for (const auto& [name, form] :
       {std::pair{"log space, in order", LogForm::kSequential}, {"log space, cumulative sums", LogForm::kCumulative}})
    measure_op(name, in, true, [form = form](const Tensor& a, const Tensor& b) { return log_scan(a, b, {}, form); });
  for (const auto& [name, kind] : {std::pair{"one channel: in order", ScanKind::kSequential},
                                   {"one channel: chunks of 64", ScanKind::kChunked},
                                   {"one channel: Hillis-Steele", ScanKind::kHillisSteele},
                                   {"one channel: Blelloch", ScanKind::kBlelloch}})
    measure_tree(name, in, kind);
  set_threads(before);
  return 0;
}

}  // namespace scangrad_tools
