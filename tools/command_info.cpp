// scangrad info: what this program is, what it runs on, and how fast that is.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "../core/gemm.h"
#include "../core/loops.h"
#include "../core/memory.h"
#include "../core/threads.h"
#include "commands.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

std::string cpu_name() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown";
}

template <class F>
double median_seconds(F f) {
  f();
  std::vector<double> times;
  for (double total = 0; times.size() < 5 || total < 0.3; total += times.back()) {
    const auto start = std::chrono::steady_clock::now();
    f();
    times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

double gemm_gflops() {
  const int64_t n = 1'536;
  const Scratch<real> a(n * n), b(n * n), c(n * n);
  for (const real* x : {a.data(), b.data()}) std::fill_n(const_cast<real*>(x), n * n, real(0.5));
  const double seconds =
      median_seconds([&] { gemm(c.data(), n, matrix(a.data(), n, n), matrix(b.data(), n, n), false); });
  return 2.0 * static_cast<double>(n * n * n) / seconds * 1e-9;
}

// c = a + factor * b over buffers far larger than the caches; the bytes read and written, once each.
double triad_gbytes() {
  const int64_t n = 32 << 20;
  const Scratch<real> a(n), b(n), c(n);
  elementwise(n, [p = a.data(), q = b.data()](int64_t i) { p[i] = q[i] = real(i % 7); });
  const double seconds = median_seconds([&] {
    elementwise(n, [p = a.data(), q = b.data(), r = c.data()](int64_t i) { r[i] = p[i] + real(1.5) * q[i]; });
  });
  return 3.0 * static_cast<double>(n) * sizeof(real) / seconds * 1e-9;
}

int info() {
  fmt::print("scangrad  {}\n", SCANGRAD_VERSION);
  fmt::print("cpu       {}\n", cpu_name());
  fmt::print("threads   {}\n", threads());
  fmt::print("gemm      {}\n", gemm_description());
  fmt::print("          {:.0f} GFLOP/s measured (1,536 x 1,536 x 1,536)\n", gemm_gflops());
  fmt::print("memory    {:.1f} GB/s measured (triad, plain stores)\n", triad_gbytes());
  return 0;
}

}  // namespace

Run add_info(CLI::App& app) {
  app.add_subcommand("info", "version, processor, threads, BLIS, measured speeds");
  return info;
}

}  // namespace scangrad_tools
