// Functions for measuring: random inputs, median times, and the limits of this machine.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "../../core/ids.h"
#include "../../core/kernels/tile.h"
#include "../../core/tensor.h"
#include "../../ops/precision.h"

namespace scangrad_tools {

class Timer {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// Errors: there are no numbers.
double median(std::vector<double> numbers);

template <class F>
double seconds_of(F f) {
  const Timer timer;
  f();
  return timer.seconds();
}

// Runs f once to warm up, then at least `least` times and for at least `seconds`. Returns the median.
template <class F>
double median_seconds(F f, double seconds = 0.3, size_t least = 5) {
  f();
  std::vector<double> times;
  for (double total = 0; times.size() < least || total < seconds; total += times.back()) times.push_back(seconds_of(f));
  return median(times);
}

// The median of runs after another program has worked. Short runs are repeated, without counting the first one: it
// finds the caches full of the data of the other program.
template <class F>
double turn_seconds(F f) {
  constexpr double kLeast = 0.1;
  const double first = seconds_of(f);
  return first < kLeast ? median_seconds(f, kLeast - first, 1) : first;
}

// From N(0, 1), and ids in 0 ... bound - 1.
scangrad::Tensor random_normal(const scangrad::Shape& shape, uint64_t seed);
scangrad::Ids random_ids(const scangrad::Shape& shape, int64_t bound);

// FLOP/s of the product A B, or of A^T B if `transposed`, where the factors are (m, k) and (k, n).
double gemm_rate(int64_t m, int64_t n, int64_t k, bool transposed = false,
                 scangrad::Precision precision = scangrad::Precision::kFloat);

// FLOP/s of one core on a tile of a product, with operands in its first-level cache: what no product can exceed.
double tile_rate(scangrad::Operands operands);

// Bytes/s of c = a + factor * b with buffers of 400 MB, counting three numbers per element. Plain stores read a cache
// line before they write it; with `past_caches` the stores bypass the caches.
double memory_rate(bool past_caches = false);

// How many times per second a buffer of `count` numbers can be read.
double reads_per_second(int64_t count);

// FLOP/s of the fastest of a few large products: an upper bound for a training step.
double best_gemm_rate(scangrad::Precision precision = scangrad::Precision::kFloat);

std::string cpu_name();

}  // namespace scangrad_tools
