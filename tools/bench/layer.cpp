// scangrad bench layer 8 4096 256: forward + backward of one layer with D channels in and out, for minGRU and the
// networks that it replaces, for shapes B T D ...
//
// The floor is the time of the matrix products at the best rate, plus the time of the memory traffic of all ops. A
// traditional recurrent network has products inside the time loop, one per step of at most PackedMatrix::kRows
// sequences: they count with the rate that such a product reaches on this machine.
#include <fmt/format.h>

#include <algorithm>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../core/kernels/packed_matrix.h"
#include "../../core/observe/profile.h"
#include "../../core/threads.h"
#include "../../nn/mixer.h"
#include "bench.h"
#include "measure.h"
#include "results.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

// FLOP/s of the product inside the time loop: the rate of one thread, times the number of threads.
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

struct Rates {
  double products, memory;  // of this machine
  Precision precision;
};

void measure_layer(Results& results, const std::string& name, int64_t B, int64_t T, int64_t D, const Rates& rates) {
  const WithPrecision scope(rates.precision);
  const Params params(1);
  const MixerRow& row = mixer_row(name);
  const Options options = known_options(row.options, {{"gates", "normalised"}, {"learned_h0", false}});
  const auto mixer = make_mixer(name, params, {.dim = D, .options = options});
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
  Result result;
  result.name = fmt::format("{} {} x {} x {}{}", name, B, T, D, suffix(rates.precision));
  result.items = static_cast<double>(B * T);
  result.memory = work.bytes / rates.memory;
  result.arithmetic = work.flops / rates.products;
  if (const int64_t gates = row.bench.loop_gates; gates > 0) {
    const double loop = 4.0 * static_cast<double>(B * T * gates * D * D);  // forward and backward
    result.arithmetic = (work.flops - loop) / rates.products + loop / loop_rate(B, D, gates);
  }
  if (row.bench.torch_layer) result.peer = fmt::format("layer {} {} {} {}", name, B, T, D);
  results.measure(result, step);
}

}  // namespace

int bench_layer(const std::vector<std::string>& mixers, std::vector<int64_t> sizes, const ResultOptions& options) {
  if (sizes.empty()) sizes = {8, 256, 256, 8, 4096, 256, 64, 512, 64};
  check(sizes.size() % 3 == 0, "bench: {} sizes were given, but three for each shape (B T D) are needed", sizes.size());
  check_sizes(sizes);
  print_machine();
  const Rates rates = {best_gemm_rate(options.precision), memory_rate(), options.precision};
  fmt::print("products {:.0f} GFLOP/s, memory {:.1f} GB/s\n", rates.products * 1e-9, rates.memory * 1e-9);
  Results results({"layer", "token"}, options);
  for (size_t i = 0; i < sizes.size(); i += 3)
    for (const std::string& mixer : mixers) measure_layer(results, mixer, sizes[i], sizes[i + 1], sizes[i + 2], rates);
  results.draw();
  return 0;
}

}  // namespace scangrad_tools
