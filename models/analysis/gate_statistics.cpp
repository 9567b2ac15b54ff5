#include "gate_statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../ops/scan.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

void check_shape(const Tensor& gates) {
  check(gates.defined() && gates.shape().rank() == 3 && gates.numel() > 0,
        "gate_statistics: gates has shape {}, but (B, T, E) with at least one gate is needed", gates.shape());
}

GateStatistics statistics_of(const real* gates, int64_t count, const GateLevels& levels) {
  const double share = 1 / static_cast<double>(count);
  GateStatistics result{0, INFINITY, -INFINITY};
  for (int64_t i = 0; i < count; ++i) {
    const auto gate = static_cast<double>(gates[i]);
    result.mean += share * gate;
    result.least = std::min(result.least, gate);
    result.largest = std::max(result.largest, gate);
    result.closed += gate < levels.closed ? share : 0;
    result.open += gate > levels.open ? share : 0;
  }
  return result;
}

// log of a gate; 0 counts as e^-700, so that sums of logarithms stay finite.
double log_of(real gate) {
  return std::max(std::log(static_cast<double>(gate)), -700.0);
}

// The horizons of one channel of one sequence, with `stride` numbers from step to step. `sums`: room for T numbers.
void channel_horizon(real* horizon, const real* keep, int64_t T, int64_t stride, double log_level,
                     std::vector<double>& sums) {
  // The first step from which the product up to t is not yet below the level. It only grows, since gates are below 1.
  int64_t first = 0;
  for (int64_t t = 0; t < T; ++t) {
    sums[static_cast<size_t>(t)] = (t > 0 ? sums[static_cast<size_t>(t - 1)] : 0) + log_of(keep[t * stride]);
    const auto from = [&](int64_t step) {  // log of keep[step] * ... * keep[t]
      return sums[static_cast<size_t>(t)] - (step > 0 ? sums[static_cast<size_t>(step - 1)] : 0);
    };
    while (first <= t && from(first) < log_level) ++first;
    double steps = static_cast<double>(t - first + 1);
    if (first > 0) steps += (log_level - (first <= t ? from(first) : 0)) / log_of(keep[(first - 1) * stride]);
    horizon[t * stride] = static_cast<real>(steps);
  }
}

using Course = std::vector<double>;  // the values of a channel over the steps

double product(const Course& a, const Course& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// The first principal component of these courses: the direction of length 1 along which they vary most.
Course main_course(const std::vector<Course>& courses) {
  const auto shorter = [](const Course& a, const Course& b) { return product(a, a) < product(b, b); };
  Course main = *std::max_element(courses.begin(), courses.end(), shorter);
  constexpr int kRounds = 100;  // more precise than a picture can show
  for (int round = 0; round < kRounds; ++round) {
    Course next(main.size());
    for (const Course& course : courses) {
      const double along = product(course, main);
      for (size_t t = 0; t < next.size(); ++t) next[t] += along * course[t];
    }
    const double length = std::sqrt(product(next, next));
    if (length == 0) break;  // all channels are constant
    for (size_t t = 0; t < next.size(); ++t) main[t] = next[t] / length;
  }
  return main;
}

}  // namespace

GateStatistics gate_statistics(const Tensor& gates, const GateLevels& levels) {
  check_shape(gates);
  return statistics_of(gates.data(), gates.numel(), levels);
}

std::vector<GateStatistics> gate_statistics_of_steps(const Tensor& gates, const GateLevels& levels) {
  check_shape(gates);
  const int64_t E = gates.size(2);
  std::vector<GateStatistics> result;
  for (int64_t row = 0; row < gates.size(0) * gates.size(1); ++row)
    result.push_back(statistics_of(gates.data() + row * E, E, levels));
  return result;
}

std::vector<int64_t> channels_by_likeness(const Tensor& gates) {
  check_shape(gates);
  const int64_t E = gates.size(2), steps = gates.numel() / E;
  std::vector<Course> courses(static_cast<size_t>(E), Course(static_cast<size_t>(steps)));
  std::vector<double> means;
  for (int64_t e = 0; e < E; ++e) {
    Course& course = courses[static_cast<size_t>(e)];
    for (int64_t t = 0; t < steps; ++t) course[static_cast<size_t>(t)] = static_cast<double>(gates.data()[t * E + e]);
    means.push_back(std::accumulate(course.begin(), course.end(), 0.0) / static_cast<double>(steps));
    for (double& value : course) value -= means.back();
  }
  const Course main = main_course(courses);
  std::vector<double> along;
  for (const Course& course : courses) along.push_back(product(course, main));
  if (product(along, means) < product(along, Course(means.size(), gate_statistics(gates).mean)))
    for (double& each : along) each = -each;
  std::vector<int64_t> order(static_cast<size_t>(E));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return along[static_cast<size_t>(a)] < along[static_cast<size_t>(b)]; });
  return order;
}

Tensor left_of_start(const Tensor& keep) {
  check_shape(keep);
  const NoGrad no_grad;
  return scan(keep, Tensor::zeros(keep.shape()), Tensor::full({keep.size(0), keep.size(2)}, 1));
}

Tensor memory_horizon(const Tensor& keep, double level) {
  check_shape(keep);
  check(level > 0 && level < 1, "gate_statistics: level is {}, but more than 0 and less than 1 is needed", level);
  const int64_t B = keep.size(0), T = keep.size(1), E = keep.size(2);
  Tensor horizon(keep.shape());
  real* const to = horizon.mutable_data();
  std::vector<double> sums(static_cast<size_t>(T));
  for (int64_t b = 0; b < B; ++b)
    for (int64_t e = 0; e < E; ++e)
      channel_horizon(to + b * T * E + e, keep.data() + b * T * E + e, T, E, std::log(level), sums);
  return horizon;
}

}  // namespace scangrad::SCANGRAD_PRECISION
