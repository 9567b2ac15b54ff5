// scangrad bench step copy, bench step shakespeare: one training step of the paper's networks, with the optimizer.
// scangrad bench generate: one token at a time with the Shakespeare network.
//
// The floor of a step is the time of the matrix products at the best rate, plus the time of the memory traffic of all
// ops. Some of it overlaps, so a step may be faster than its floor.
#include <fmt/format.h>

#include <algorithm>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/observe/profile.h"
#include "../../models/networks/language_model.h"
#include "../../models/runs/run_config.h"
#include "../../models/tasks/token_network.h"
#include "../../nn/training/adamw.h"
#include "../../ops/bf16_weights.h"
#include "../../ops/losses/cross_entropy.h"
#include "bench.h"
#include "measure.h"
#include "results.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

struct StepCase {
  LanguageModelConfig model;
  int64_t B, T, last;
  double clip;
};

// The paper's networks: selective copying at a length that fits a benchmark, and the Shakespeare text.
StepCase step_case(const std::string& name) {
  if (name == "copy") return {LanguageModelConfig(), 16, 1'024, 16, 1};
  check(name == "shakespeare", "bench: step is '{}', but copy or shakespeare is needed", name);
  const RunConfig config = preset("text", "shakespeare");
  return {token_network(config, 65), config.batch, config.get<int64_t>("length"), 0, config.train.clip};
}

// The same network with another mixer, as the README compares them.
void exchange_mixer(LanguageModelConfig& model, const std::string& mixer, int64_t length) {
  const MixerBench& bench = mixer_row(mixer).bench;
  model.stack.mixer = {mixer, bench.options != nullptr ? bench.options(model.stack.dim) : Options()};
  if (bench.positions) model.positions = length;
  if (!bench.network_convolution) model.stack.kernel = 0;
}

}  // namespace

int bench_step(const std::string& name, const std::string& mixer, const std::vector<int64_t>& sizes,
               const ResultOptions& options) {
  StepCase chosen = step_case(name);
  check_sizes(sizes);
  check(sizes.empty() || sizes.size() == 2, "bench: {} sizes were given, but two (B T) are needed", sizes.size());
  const int64_t B = sizes.empty() ? chosen.B : sizes[0], T = sizes.empty() ? chosen.T : sizes[1];
  exchange_mixer(chosen.model, mixer, T + chosen.last);
  print_machine();
  const WithPrecision scope(options.precision);
  const double rate = best_gemm_rate(options.precision), memory = memory_rate();
  release_unused_memory();

  const Params params(1);
  const LanguageModel model(params, chosen.model);
  AdamW adam(params, {.lr = 1e-3, .clip = chosen.clip});
  Rng dropout(1);
  const Ids ids = random_ids({B, T + chosen.last}, chosen.model.vocab);
  const Ids targets = random_ids({B, chosen.last > 0 ? chosen.last : T}, chosen.model.vocab);
  const auto step = [&] {
    State state = model.start(B);
    cross_entropy(model(ids, state, {}, &dropout, chosen.last), targets).backward();
    adam.step();
  };
  step();
  reset_peak_memory();
  Profile::Pass work;
  {
    const Profile profile;
    step();
    work = profile.total();
  }
  const double peak = static_cast<double>(memory_stats().peak);
  fmt::print("{} parameters; products {:.2f} GFLOP at {:.0f} GFLOP/s, bytes of all ops {:.2f} GB at {:.1f} GB/s\n",
             params.count(), work.flops * 1e-9, rate * 1e-9, work.bytes * 1e-9, memory * 1e-9);
  Results results({"step", "token"}, options);
  const double tokens = static_cast<double>(ids.numel());
  const double seconds =
      results.measure({fmt::format("{} {} {} x {}{}", name, mixer, B, ids.size(1), suffix(options.precision)), tokens,
                       work.flops / rate, work.bytes / memory,
                       /*overlap=*/false, mixer == "mingru" ? fmt::format("step {} {} {}", name, B, T) : std::string()},
                      step, /*parts=*/1, /*seconds=*/3);
  fmt::print("{:.2f} times the time of its matrix products; at most {:.0f} MB of buffers\n",
             seconds * rate / work.flops, peak * 1e-6);
  // Clipping reads the gradients. The update reads weights, gradients and both moments, and writes weights and moments.
  const double update = median_seconds([&] { adam.step(); }, 1);
  const double moved = 32.0 * static_cast<double>(params.count());
  fmt::print("the optimizer: {:.2f} ms, {:.0f} % of the memory rate with 32 bytes per parameter\n", update * 1e3,
             100 * moved / memory / update);
  results.draw();
  return 0;
}

int bench_generate(const ResultOptions& options) {
  print_machine();
  const Params params(1);
  const LanguageModelConfig config = step_case("shakespeare").model;
  const LanguageModel model(params, config);
  const NoGrad no_grad;
  State state = model.start(1);
  Ids token({1, 1}, {0});
  const int64_t count = 200;
  const auto run = [&] {
    for (int64_t i = 0; i < count; ++i) {
      const Tensor logits = model(token, state);
      token.data()[0] =
          static_cast<int32_t>(std::max_element(logits.data(), logits.data() + config.vocab) - logits.data());
    }
  };
  const auto weights = static_cast<double>(params.count());
  fmt::print("{} parameters; the floor is the time to read them all once per token\n", params.count());
  Results results({"generate", "token"}, options);
  const double arithmetic = 2 * weights / best_gemm_rate();
  results.measure({"mingru batch 1", 1, arithmetic, 1 / reads_per_second(params.count()), /*overlap=*/true, "generate"},
                  run, static_cast<double>(count), /*seconds=*/3);
  const Bf16Weights rounded(params.values());
  results.measure({"with weights in bf16", 1, arithmetic, 1 / reads_per_second(params.count() / 2), /*overlap=*/true},
                  run, static_cast<double>(count), /*seconds=*/3);
  results.draw();
  return 0;
}

}  // namespace scangrad_tools
