#include "measure.h"

#include <algorithm>
#include <fstream>
#include <numeric>

#include "../../core/check.h"
#include "../../core/kernels/gemm.h"
#include "../../core/kernels/streaming.h"
#include "../../core/loops.h"
#include "../../core/memory.h"
#include "../../core/threads.h"
#include "../../nn/params.h"

namespace scangrad_tools {

using namespace scangrad;

double median(std::vector<double> numbers) {
  check(!numbers.empty(), "bench: nothing was measured");
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

Tensor random_normal(const Shape& shape, uint64_t seed) {
  Tensor result(shape);
  Rng rng(seed);
  normal_init(1)(result, rng);
  return result;
}

Ids random_ids(const Shape& shape, int64_t bound) {
  Ids result(shape);
  Rng rng(1);
  std::generate_n(result.data(), result.numel(), [&] { return static_cast<int32_t>(rng.below(bound)); });
  return result;
}

double gemm_rate(int64_t m, int64_t n, int64_t k, bool is_transposed, Precision precision) {
  const Scratch<real> a(m * k), b(k * n), c(m * n);
  std::fill_n(a.data(), m * k, real(0.5));
  std::fill_n(b.data(), k * n, real(0.25));
  const Matrix left = is_transposed ? transposed(matrix(a.data(), k, m)) : matrix(a.data(), m, k);
  const double seconds = median_seconds([&] { product(precision, c.data(), n, left, matrix(b.data(), k, n), false); });
  return 2.0 * static_cast<double>(m * n * k) / seconds;
}

double tile_rate(Operands operands) {
  constexpr int64_t kSteps = 128, kTimes = 1'000;  // 23 KB
  const Scratch<float> a(Tile::kRows * kSteps), b(Tile::kColumns * kSteps), sums(Tile::kRows * Tile::kColumns);
  std::fill_n(a.data(), Tile::kRows * kSteps, 1.0f);
  std::fill_n(b.data(), Tile::kColumns * kSteps, 1.0f);
  const double seconds = median_seconds([&] {
    for (int64_t i = 0; i < kTimes; ++i) tile(sums.data(), a.data(), b.data(), kSteps, Tile::kColumns, operands);
  });
  const int64_t terms = operands == Operands::kPairs ? 2 * kSteps : kSteps;
  return 2.0 * static_cast<double>(kTimes * Tile::kRows * Tile::kColumns * terms) / seconds;
}

double best_gemm_rate(Precision precision) {
  return std::max({gemm_rate(1'536, 1'536, 1'536, false, precision), gemm_rate(4'096, 768, 384, false, precision),
                   gemm_rate(4'096, 384, 768, false, precision)});
}

double memory_rate(bool past_caches) {
  constexpr int64_t kRow = 4096;
  const int64_t n = 400'000'000 / static_cast<int64_t>(sizeof(real)) / kRow * kRow;
  const Scratch<real> a(n), b(n), c(n);
  elementwise(n, [p = a.data(), q = b.data(), r = c.data()](int64_t i) { p[i] = q[i] = r[i] = real(i % 7); });
  const double seconds = median_seconds([&, p = a.data(), q = b.data(), r = c.data()] {
    if (!past_caches) return elementwise(n, [=](int64_t i) { r[i] = p[i] + real(1.5) * q[i]; });
    in_blocks(1, n, kRow, n, [=](int64_t, int64_t first, int64_t) {
      real row[kRow];
#pragma omp simd
      for (int64_t i = 0; i < kRow; ++i) row[i] = p[first + i] + real(1.5) * q[first + i];
      stream(r + first, row, kRow);
      finish_streams();
    });
  });
  return 3.0 * static_cast<double>(n) * sizeof(real) / seconds;
}

double reads_per_second(int64_t count) {
  constexpr int64_t kLanes = 64, kPart = 256 * kLanes;  // enough independent sums to hide the latency of additions
  const int64_t parts = (count + kPart - 1) / kPart;
  const Scratch<real> buffer(parts * kPart), sums(parts);
  std::fill_n(buffer.data(), parts * kPart, real(1));
  const double seconds = median_seconds([&, data = buffer.data(), results = sums.data()] {
    in_blocks(1, parts * kPart, kPart, count, [=](int64_t, int64_t first, int64_t last) {
      real lanes[kLanes] = {};
      for (const real* at = data + first; at < data + last; at += kLanes)
#pragma omp simd
        for (int64_t i = 0; i < kLanes; ++i) lanes[i] += at[i];
      results[first / kPart] = std::accumulate(lanes, lanes + kLanes, real(0));
    });
  });
  return static_cast<double>(parts * kPart) / static_cast<double>(count) / seconds;
}

std::string cpu_name() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown";
}

}  // namespace scangrad_tools
