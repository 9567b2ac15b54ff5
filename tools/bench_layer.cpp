// scangrad bench layer: forward + backward of one layer, minGRU beside the networks it replaces, all D -> D channels.
//
//   scangrad bench layer 8 4096 256
//   ...
//   mixer        B      T     D       ms  tokens/s    floor ms  times floor  times minGRU
//
// The floor: the products at the best rate, and the bytes that the ops have to move. Of Elman, GRU and LSTM the
// products inside the time loop, one for each step of at most PackedMatrix::kRows sequences, count at the rate that
// such a product reaches here.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "../core/autograd.h"
#include "../core/check.h"
#include "../core/packed_matrix.h"
#include "../core/profile.h"
#include "../core/text.h"
#include "../core/threads.h"
#include "../nn/mixer.h"
#include "bench.h"
#include "measure.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

struct Measured {
  double seconds = 0, floor = 0;
};

const std::map<std::string, int64_t> kGates = {{"elman", 1}, {"gru", 3}, {"lstm", 4}};

// FLOP/s of the product inside the time loop, on all threads at once.
double loop_rate(int64_t B, int64_t D, int64_t gates) {
  const int64_t workers = std::min<int64_t>(threads(), B);
  const int64_t rows = std::clamp<int64_t>((B + workers - 1) / workers, 1, PackedMatrix::kRows);
  const Tensor weight = random_normal({gates * D, D}, 1), h = random_normal({rows, D}, 2);
  const PackedMatrix packed(transposed(matrix(weight.data(), gates * D, D)));
  const Scratch<real> q(rows * gates * D);
  const double seconds =
      median_seconds([&] { packed.multiply(q.data(), gates * D, h.data(), D, rows, /*add=*/false); }, 0.1);
  return static_cast<double>(workers) * 2.0 * static_cast<double>(rows * gates * D * D) / seconds;
}

Measured measure_layer(const std::string& name, int64_t B, int64_t T, int64_t D, double products, double memory) {
  const Params params(1);
  const auto mixer = make_mixer(name, params, {.dim = D, .learned_h0 = false});
  const Tensor x = random_normal({B, T, D}, 1), dy = random_normal({B, T, D}, 2);
  const auto step = [&] {
    params.zero_grad();
    State state(B);
    Tensor input = x.detach();
    input.set_requires_grad(true);
    backward({(*mixer)(input, state)}, {dy});
  };
  step();
  Profile::Pass work;
  {
    const Profile profile;
    step();
    work = profile.total();
  }
  Measured result;
  result.seconds = median_seconds(step, 1);
  result.floor = work.bytes / memory;
  if (const auto found = kGates.find(name); found != kGates.end()) {
    const double loop = 4.0 * static_cast<double>(B * T * found->second * D * D);  // forward and backward
    result.floor += (work.flops - loop) / products + loop / loop_rate(B, D, found->second);
  } else {
    result.floor += work.flops / products;
  }
  return result;
}

}  // namespace

int bench_layer(const std::vector<std::string>& mixers, std::vector<int64_t> sizes) {
  if (sizes.empty()) sizes = {8, 256, 256, 8, 4096, 256, 64, 512, 64};
  check(sizes.size() % 3 == 0, "bench: {} sizes were given, but three for each shape (B T D) are needed", sizes.size());
  print_machine();
  const double products = best_gemm_rate(), memory = memory_rate();
  fmt::print("products {:.0f} GFLOP/s, memory {:.1f} GB/s\n", products * 1e-9, memory * 1e-9);
  fmt::print("{:<10} {:>4} {:>6} {:>5} {:>10} {:>11} {:>10} {:>9} {:>9}\n", "mixer", "B", "T", "D", "ms", "tokens/s",
             "floor ms", "x floor", "x first");
  for (size_t i = 0; i < sizes.size(); i += 3) {
    const int64_t B = sizes[i], T = sizes[i + 1], D = sizes[i + 2];
    double first = 0;
    for (const std::string& mixer : mixers) {
      const auto [seconds, floor] = measure_layer(mixer, B, T, D, products, memory);
      if (first == 0) first = seconds;
      fmt::print("{:<10} {:>4} {:>6} {:>5} {:>10.2f} {:>11.0f} {:>10.2f} {:>9.2f} {:>9.2f}\n", mixer, B, T, D,
                 seconds * 1e3, static_cast<double>(B * T) / seconds, floor * 1e3, seconds / floor, seconds / first);
      std::fflush(stdout);
    }
  }
  return 0;
}

}  // namespace scangrad_tools
