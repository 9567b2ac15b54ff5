// Micro-benchmarks of single ops, forward and backward, by Google Benchmark: how fast each moves the bytes it has to
// and, where it is made of products, multiplies. Bytes and FLOPs are those that core/observe/profile.h counts.
//
//   meson configure build -Dbenchmarks=enabled && ninja -C build scangrad-bench-ops
//   build/scangrad-bench-ops --benchmark_filter=norm
//
// The batch is that of the paper's Shakespeare network: 64 windows of 256 steps, 384 channels. OMP_NUM_THREADS sets the
// threads; `scangrad bench limits` says what the machine could do.
#include <benchmark/benchmark.h>

#include <functional>
#include <string>
#include <vector>

#include "../../core/autograd.h"
#include "../../core/observe/profile.h"
#include "../../ops/activations.h"
#include "../../ops/affine.h"
#include "../../ops/arithmetic.h"
#include "../../ops/attention/attention.h"
#include "../../ops/convolution/causal_conv.h"
#include "../../ops/diagonal/boundary_scan.h"
#include "../../ops/diagonal/min_gru_scan.h"
#include "../../ops/diagonal/min_lstm_scan.h"
#include "../../ops/dropout.h"
#include "../../ops/lookup.h"
#include "../../ops/losses/cross_entropy.h"
#include "../../ops/norms/layer_norm.h"
#include "../../ops/norms/rms_norm.h"
#include "../../ops/sequential/gru.h"
#include "../../ops/sequential/lstm.h"
#include "measure.h"

namespace {

using namespace scangrad;
using namespace scangrad_tools;

constexpr int64_t kB = 64, kT = 256, kD = 384, kVocab = 65;

using Op = std::function<Tensor(const std::vector<Tensor>&)>;

void run(benchmark::State& state, const std::vector<Shape>& shapes, const Op& op) {
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < shapes.size(); ++i) inputs.push_back(random_normal(shapes[i], i + 1));
  Tensor up;
  const auto once = [&] {
    for (Tensor& input : inputs) {
      input.zero_grad();
      input.set_requires_grad(true);
    }
    const Tensor y = op(inputs);
    if (!up.defined()) up = random_normal(y.shape(), 99);
    backward({y}, {up});
  };
  once();
  Profile::Pass work;
  {
    const Profile profile;
    once();
    work = profile.total();
  }
  for ([[maybe_unused]] const auto each : state) once();
  const auto rate = benchmark::Counter::kIsIterationInvariantRate;
  state.counters["bytes/s"] = benchmark::Counter(work.bytes, rate, benchmark::Counter::kIs1000);
  if (work.flops > 0) state.counters["flop/s"] = benchmark::Counter(work.flops, rate, benchmark::Counter::kIs1000);
}

void add_op(const std::string& name, const std::vector<Shape>& shapes, const Op& op) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) { run(state, shapes, op); })
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

void add_elementwise() {
  const Shape x{kB, kT, kD};
  add_op("add", {x, x}, [](const auto& in) { return add(in[0], in[1]); });
  add_op("multiply", {x, x}, [](const auto& in) { return multiply(in[0], in[1]); });
  add_op("sigmoid", {x}, [](const auto& in) { return sigmoid(in[0]); });
  add_op("gelu", {x}, [](const auto& in) { return gelu(in[0]); });
  add_op("dropout", {x}, [](const auto& in) {
    Rng rng(1);
    return dropout(in[0], real(0.2), rng);
  });
}

void add_layers() {
  const Shape x{kB, kT, kD};
  add_op("affine 384 to 1536", {x, {4 * kD, kD}, {4 * kD}}, [](const auto& in) { return affine(in[0], in[1], in[2]); });
  add_op("affine 1536 to 384", {{kB, kT, 4 * kD}, {kD, 4 * kD}, {kD}},
         [](const auto& in) { return affine(in[0], in[1], in[2]); });
  add_op("rms_norm", {x, {kD}}, [](const auto& in) { return rms_norm(in[0], in[1]); });
  add_op("layer_norm", {x, {kD}, {kD}}, [](const auto& in) { return layer_norm(in[0], in[1], in[2]); });
  add_op("causal_conv, 4 taps", {x, {4, kD}, {kD}}, [](const auto& in) { return causal_conv(in[0], in[1], in[2]); });
  add_op("attention, 6 heads", {{kB, kT, 3 * kD}}, [](const auto& in) { return attention(in[0], 6); });
  add_op("lookup", {{kVocab, kD}}, [ids = random_ids({kB, kT}, kVocab)](const auto& in) { return lookup(in[0], ids); });
  add_op("cross_entropy", {{kB, kT, kVocab}},
         [ids = random_ids({kB, kT}, kVocab)](const auto& in) { return cross_entropy(in[0], ids); });
}

void add_recurrences() {
  const Shape x{kB, kT, kD};
  add_op("boundary_scan", {x, x}, [](const auto& in) { return boundary_scan(in[0], in[1]); });
  add_op("min_gru_scan", {{kB, kT, 2 * kD}}, [](const auto& in) { return min_gru_scan(in[0]); });
  add_op("min_lstm_scan, plain", {{kB, kT, 3 * kD}},
         [](const auto& in) { return min_lstm_scan(in[0], {}, Gates::kPlain); });
  add_op("min_lstm_scan, normalised", {{kB, kT, 3 * kD}},
         [](const auto& in) { return min_lstm_scan(in[0], {}, Gates::kNormalised); });
  add_op("gru", {{kB, kT, 3 * kD}, {3 * kD, kD}, {3 * kD}}, [](const auto& in) { return gru(in[0], in[1], in[2]); });
  add_op("lstm", {{kB, kT, 4 * kD}, {4 * kD, kD}, {4 * kD}},
         [](const auto& in) { return lstm(in[0], in[1], in[2]).h; });
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  add_elementwise();
  add_layers();
  add_recurrences();
  benchmark::RunSpecifiedBenchmarks();
}
