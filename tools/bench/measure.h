// What measurements share: made-up inputs, medians, and the two limits of this machine that others are compared with.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "../../core/ids.h"
#include "../../core/tensor.h"

namespace scangrad_tools {

// Runs f once to warm up, then at least `least` times and `seconds` long; returns the median.
template <class F>
double median_seconds(F f, double seconds = 0.3, size_t least = 5) {
  using Clock = std::chrono::steady_clock;
  f();
  std::vector<double> times;
  for (double total = 0; times.size() < least || total < seconds; total += times.back()) {
    const auto start = Clock::now();
    f();
    times.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

// From N(0, 1); and whole numbers from 0 up to the bound.
scangrad::Tensor random_normal(const scangrad::Shape& shape, uint64_t seed);
scangrad::Ids random_ids(const scangrad::Shape& shape, int64_t bound);

// FLOP/s of the product A B, or A^T B where transposed, with A B of (m, k) and (k, n).
double gemm_rate(int64_t m, int64_t n, int64_t k, bool transposed = false);

// Bytes/s of c = a + factor * b over buffers of 400 MB each, 3 sizes of a number counted for an element; with plain
// stores, which read a line before they write it, or past the caches.
double memory_rate(bool past_caches = false);

// How often a second a buffer of so many numbers can be read, again and again.
double reads_per_second(int64_t count);

// The largest of a few products that BLIS likes: what a training step could reach at best.
double best_gemm_rate();

std::string cpu_name();

}  // namespace scangrad_tools
