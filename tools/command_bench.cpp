// scangrad bench: how fast this machine is, and how near to that the engine comes.
//
//   scangrad bench limits               matrix products of the shapes in use, and memory
//   scangrad bench scan 8 4096 256      the fused gate scan, forward + backward, for shapes B T E ...
//   scangrad bench layer                forward + backward of one layer of each mixer: bench_layer.cpp
//   scangrad bench runtime              a training step against the length of the sequence: bench_runtime.cpp
//   scangrad bench inference            a context, then token by token: bench_inference.cpp
//   scangrad bench step copy            one training step: lookup to optimizer; also: shakespeare
//   scangrad bench generate             one token at a time, batch 1
//
// Prints a line for each case: the median time, the floor and the ratio to it. A floor is what the measured limits
// allow: bytes over the memory rate for a scan; FLOPs over the best rate of products for a step, to which the bytes of
// all ops over the memory rate are given beside it; reading a buffer of the weights' size for a generated token.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <system_error>

#include "../core/autograd.h"
#include "../core/check.h"
#include "../core/gemm.h"
#include "../core/profile.h"
#include "../core/text.h"
#include "../core/threads.h"
#include "../models/language_model.h"
#include "../models/run_config.h"
#include "../nn/adamw.h"
#include "../ops/cross_entropy.h"
#include "../ops/min_gru_scan.h"
#include "../ops/min_lstm_scan.h"
#include "bench.h"
#include "commands.h"
#include "measure.h"

namespace scangrad_tools {

using namespace scangrad;

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

void print_machine() {
  fmt::print("{}, {} threads, {}\n", cpu_name(), threads(), gemm_description());
  std::fflush(stdout);
}

Csv open_csv(const std::string& folder, const std::string& name, const std::string& columns) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string path = folder + "/" + name + ".csv";
  Csv csv(std::fopen(path.c_str(), "w"));
  check(csv != nullptr, "bench: {} cannot be written", path);
  fmt::print(csv.get(), "{}\n", columns);
  return csv;
}

void draw_results(const std::vector<Panel>& panels, const std::string& folder, const std::string& name) {
  const std::string problem = plot_panels(panels, folder, name);
  if (!problem.empty()) fmt::print("no picture: {}\n", problem);
  fmt::print("{0}: {1}.csv{2}\n", folder, name,
             problem.empty() ? fmt::format(" {0}.svg {0}.png", name) : std::string());
}

namespace {

int bench_limits() {
  print_machine();
  struct Case {
    const char* what;
    int64_t m, n, k;
    bool transposed;
  };
  fmt::print("{:<34} {:>6} {:>6} {:>6} {:>8}\n", "product", "m", "n", "k", "GFLOP/s");
  for (const Case& c :
       {Case{"square", 1'536, 1'536, 1'536, false}, Case{"projection, width 384", 16'384, 1'536, 384, false},
        Case{"down-projection, width 384", 16'384, 384, 768, false},
        Case{"its weights' gradient", 1'536, 384, 16'384, true}, Case{"projection, width 64", 16'448, 768, 64, false},
        Case{"down-projection, width 64", 16'448, 64, 384, false}, Case{"its weights' gradient", 768, 64, 16'448, true},
        Case{"one row, width 384", 1, 1'536, 384, false}})
    fmt::print("{:<34} {:>6} {:>6} {:>6} {:>8.1f}\n", c.what, c.m, c.n, c.k,
               gemm_rate(c.m, c.n, c.k, c.transposed) * 1e-9);
  fmt::print("memory: {:.1f} GB/s (c = a + 1.5 b over 400 MB each, 12 bytes an element)\n", memory_rate() * 1e-9);
  return 0;
}

int bench_scan(const std::string& mixer, std::vector<int64_t> sizes) {
  if (sizes.empty()) sizes = {8, 256, 256, 8, 4096, 256, 64, 256, 384, 1, 65536, 256};
  check(sizes.size() % 3 == 0, "bench: {} sizes were given, but three for each shape (B T E) are needed", sizes.size());
  const bool is_gru = mixer == "mingru";
  check(is_gru || mixer == "minlstm", "bench: mixer is '{}', but mingru or minlstm is needed", mixer);
  print_machine();
  const double memory = memory_rate();
  const int64_t parts = is_gru ? 2 : 3;
  // Forward reads the projection and writes h; backward reads it, h and dh, and writes its gradient.
  const double bytes = static_cast<double>((parts + 1) + (2 * parts + 2)) * sizeof(real);
  fmt::print("memory limit {:.1f} GB/s; {} scan, forward + backward, {:.0f} bytes an element\n", memory * 1e-9, mixer,
             bytes);
  fmt::print("{:>5} {:>8} {:>5} {:>10} {:>12} {:>10} {:>9}\n", "B", "T", "E", "ms", "ns/element", "floor ns",
             "of floor");
  for (size_t i = 0; i < sizes.size(); i += 3) {
    const int64_t B = sizes[i], T = sizes[i + 1], E = sizes[i + 2];
    Tensor projection = random_normal({B, T, parts * E}, 1);
    const Tensor dh = random_normal({B, T, E}, 2);
    projection.set_requires_grad(true);
    const double seconds = median_seconds(
        [&] {
          projection.zero_grad();
          const Tensor h = is_gru ? min_gru_scan(projection) : min_lstm_scan(projection, {}, Gates::kNormalised);
          backward({h}, {dh});
        },
        1);
    const double element = seconds / static_cast<double>(B * T * E), floor = bytes / memory;
    fmt::print("{:>5} {:>8} {:>5} {:>10.3f} {:>12.2f} {:>10.2f} {:>8.0f}%\n", B, T, E, seconds * 1e3, element * 1e9,
               floor * 1e9, 100 * floor / element);
    std::fflush(stdout);
  }
  return 0;
}

struct StepCase {
  LanguageModelConfig model;
  int64_t B, T, last;
  double clip;
};

// The paper's networks: selective copying at a length that fits a benchmark, and the Shakespeare text.
StepCase step_case(const std::string& name) {
  if (name == "copy") return {LanguageModelConfig(), 16, 1'024, 16, 1};
  check(name == "shakespeare", "bench: step is '{}', but copy or shakespeare is needed", name);
  RunConfig config = preset("text", "shakespeare");
  config.model.vocab = 65;
  return {config.model, config.batch, config.text.length, 0, config.train.clip};
}

// The same network around another mixer, as the README compares them.
void exchange_mixer(LanguageModelConfig& model, const std::string& mixer, int64_t length) {
  model.mixer = mixer;
  if (mixer == "attention") {
    model.heads = model.dim / 64;
    model.positions = length;
  }
  if (mixer == "mamba" || mixer == "attention") model.kernel = 0;
}

int bench_step(const std::string& name, const std::string& mixer, const std::vector<int64_t>& sizes) {
  StepCase chosen = step_case(name);
  check(sizes.empty() || sizes.size() == 2, "bench: {} sizes were given, but two (B T) are needed", sizes.size());
  const int64_t B = sizes.empty() ? chosen.B : sizes[0], T = sizes.empty() ? chosen.T : sizes[1];
  exchange_mixer(chosen.model, mixer, T + chosen.last);
  print_machine();
  const double rate = best_gemm_rate(), memory = memory_rate();
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
  const double seconds = median_seconds(step, 3);
  const double products = work.flops / rate, moved = work.bytes / memory;
  fmt::print("{} step with {}, {} x {} tokens, {} parameters\n", name, mixer, B, ids.size(1), params.count());
  fmt::print("  median {:.1f} ms, {:.0f} tokens/s, {:.0f} MB of buffers at most\n", seconds * 1e3,
             static_cast<double>(ids.numel()) / seconds, static_cast<double>(memory_stats().peak) * 1e-6);
  fmt::print("  products {:.2f} GFLOP at {:.0f} GFLOP/s: {:.1f} ms; the step takes {:.2f} times that\n",
             work.flops * 1e-9, rate * 1e-9, products * 1e3, seconds / products);
  fmt::print("  bytes of all ops {:.2f} GB at {:.1f} GB/s: {:.1f} ms; the step takes {:.2f} times both\n",
             work.bytes * 1e-9, memory * 1e-9, moved * 1e3, seconds / (products + moved));
  return 0;
}

int bench_generate() {
  print_machine();
  const Params params(1);
  const LanguageModelConfig config = step_case("shakespeare").model;
  const LanguageModel model(params, config);
  const NoGrad no_grad;
  State state = model.start(1);
  Ids token({1, 1}, {0});
  const int64_t count = 200;
  const double seconds = median_seconds(
      [&] {
        for (int64_t i = 0; i < count; ++i) {
          const Tensor logits = model(token, state);
          token.data()[0] =
              static_cast<int32_t>(std::max_element(logits.data(), logits.data() + config.vocab) - logits.data());
        }
      },
      3);
  const double rate = static_cast<double>(count) / seconds, reads = reads_per_second(params.count());
  fmt::print("{:.0f} tokens/s, batch 1, {} parameters\n", rate, params.count());
  fmt::print("a buffer of their size can be read {:.0f} times a second; that is {:.0f} % of it\n", reads,
             100 * rate / reads);
  return 0;
}

struct BenchOptions {
  std::string mixer = "mingru", step = "copy";
  std::vector<std::string> mixers = {"mingru", "minlstm", "gru", "lstm", "elman"};
  std::vector<int64_t> sizes;
  RuntimeOptions runtime;
  InferenceOptions inference;
};

void add_runtime(CLI::App& bench, RuntimeOptions& options) {
  CLI::App* const command =
      bench.add_subcommand("runtime", "a training step against the length of the sequence (the paper's Figure 1)");
  command->add_option("--mixers", options.mixers, "which, A,B,...")->delimiter(',')->capture_default_str();
  command->add_option("--lengths", options.lengths, "of the sequences, rising")->delimiter(',')->capture_default_str();
  command->add_option("--batch", options.batch, "sequences")->capture_default_str();
  command->add_option("--dim", options.dim, "channels")->capture_default_str();
  command->add_option("--limit", options.limit, "seconds that a step may take")->capture_default_str();
  command->add_option("--out", options.out, "folder of table and picture")->capture_default_str();
}

void add_inference(CLI::App& bench, InferenceOptions& options) {
  CLI::App* const command =
      bench.add_subcommand("inference", "reading a context, then one token at a time (the paper's Figures 3 and 4)");
  command->add_option("--mixers", options.mixers, "which, A,B,...")->delimiter(',')->capture_default_str();
  command->add_option("--lengths", options.lengths, "of the contexts")->delimiter(',')->capture_default_str();
  command->add_option("--batches", options.batches, "sequences at a time")->delimiter(',')->capture_default_str();
  command->add_option("--dim", options.dim, "channels")->capture_default_str();
  command->add_option("--out", options.out, "folder of table and picture")->capture_default_str();
}

}  // namespace

Run add_bench(CLI::App& app) {
  CLI::App* const bench = app.add_subcommand("bench", "measure speeds against what this machine can do");
  bench->require_subcommand(1);
  const auto options = std::make_shared<BenchOptions>();
  bench->add_subcommand("limits", "matrix products of the shapes in use, and memory");
  CLI::App* const scan = bench->add_subcommand("scan", "the fused gate scan, forward + backward");
  scan->add_option("sizes", options->sizes, "B T E for each shape");
  scan->add_option("--mixer", options->mixer, "mingru or minlstm")->capture_default_str();
  CLI::App* const layer = bench->add_subcommand("layer", "forward + backward of one layer of each mixer");
  layer->add_option("sizes", options->sizes, "B T D for each shape");
  layer->add_option("--mixers", options->mixers, "which, A,B,...")->delimiter(',')->capture_default_str();
  CLI::App* const step = bench->add_subcommand("step", "one training step");
  step->add_option("case", options->step, "copy or shakespeare")->capture_default_str();
  step->add_option("sizes", options->sizes, "B T");
  step->add_option("--mixer", options->mixer, fmt::format("what mixes over time ({})", joined(mixer_names())))
      ->capture_default_str();
  bench->add_subcommand("generate", "one token at a time, batch 1");
  add_runtime(*bench, options->runtime);
  add_inference(*bench, options->inference);
  return [bench, options] {
    if (bench->got_subcommand("limits")) return bench_limits();
    if (bench->got_subcommand("scan")) return bench_scan(options->mixer, options->sizes);
    if (bench->got_subcommand("runtime")) return bench_runtime(options->runtime);
    if (bench->got_subcommand("inference")) return bench_inference(options->inference);
    if (bench->got_subcommand("layer")) return bench_layer(options->mixers, options->sizes);
    return bench->got_subcommand("step") ? bench_step(options->step, options->mixer, options->sizes) : bench_generate();
  };
}

}  // namespace scangrad_tools
