// scangrad bench: measures how fast this machine is, and how close the engine comes to that.
//
//   scangrad bench limits               matrix products of typical shapes, and memory
//   scangrad bench recurrence 4096      the plain recurrence in every form: time and rounding error
//   scangrad bench scan 8 4096 256      the fused gate scan, forward + backward, for shapes B T E ...
//   scangrad bench layer 8 4096 256     forward + backward of one layer of each mixer
//   scangrad bench step copy            one training step of the copying task; also: step shakespeare
//   scangrad bench generate             one token at a time, batch 1
//   scangrad bench ragged               sequences of different lengths, packed and padded; the cost of resets
//   scangrad bench peers                the table of README.md against PyTorch and JAX
//   scangrad bench runtime              a training step for increasing sequence lengths
//   scangrad bench inference            reading a context, then generating token by token
//
// scan, layer, step and generate print a line for each case: the median time, the shortest time that the measured
// limits of the machine allow ("floor"), and the ratio of floor to time. With --peer they also print the times of other
// frameworks (tools/bench/peer/peer.h).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <sstream>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../core/kernels/gemm.h"
#include "../../core/threads.h"
#include "../../nn/mixer.h"
#include "../commands/commands.h"
#include "../commands/config_flags.h"
#include "../line/help_text.h"
#include "bench.h"
#include "measure.h"
#include "results.h"

namespace scangrad_tools {

using namespace scangrad;

void check_sizes(const std::vector<int64_t>& sizes) {
  for (const int64_t size : sizes) check(size >= 1, "bench: a size is {}, but at least 1 is needed", size);
}

void print_machine() {
  fmt::print("{}, {} threads, {}\n", cpu_name(), threads(), gemm_description());
  std::fflush(stdout);
}

std::string suffix(Precision precision) {
  return precision == Precision::kBf16 ? " in bf16" : "";
}

void draw_results(const Figure& figure, const std::string& folder, const std::string& name, bool has_table) {
  say_results(plot_figure(figure, folder, name), folder, name, has_table);
}

void say_results(const std::string& problem, const std::string& folder, const std::string& name, bool has_table) {
  if (!problem.empty()) fmt::print("no picture: {}\n", problem);
  fmt::print("{}:{}{}\n", folder, has_table ? fmt::format(" {}.csv", name) : "",
             problem.empty() ? fmt::format(" {0}.svg {0}.png", name) : std::string());
}

namespace {

// "torch,jax"; empty: "torch". Errors: a number, which is a size.
std::vector<std::string> peer_names(const std::string& words) {
  std::vector<std::string> names;
  std::istringstream parts(words.empty() ? "torch" : words);
  for (std::string name; std::getline(parts, name, ',');) {
    check(name.empty() || name.find_first_not_of("0123456789") != std::string::npos,
          "bench: --peer is followed by {}; write --peer torch {}", name, name);
    names.push_back(name);
  }
  return names;
}

struct PeerOptions {
  std::vector<std::string> names;
  bool yes = false;
};

struct BenchOptions {
  std::string mixer = "mingru", step = "copy";
  std::vector<std::string> mixers = mixer_names([](const MixerRow& row) { return row.bench.torch_layer; });
  std::vector<int64_t> sizes;
  std::string out;
  Precision precision = Precision::kFloat;
  PeerOptions peers;
  int64_t shorter = 1, steps = 4'096;
  RuntimeOptions runtime;
  InferenceOptions inference;
};

void add_mixers(CLI::App* command, std::vector<std::string>& mixers) {
  command->add_option("--mixers", mixers, "which mixers, A,B,...")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->each([](const std::string& name) { mixer_row(name); })  // throws if there is no such mixer
      ->capture_default_str();
}

// After --peer a name may follow, also after a comma.
void add_peers(CLI::App* command, PeerOptions& options, const std::string& help) {
  command
      ->add_option_function<std::string>(
          "--peer", [&options](const std::string& names) { options.names = peer_names(names); }, help)
      ->expected(0, 1)
      ->default_str("torch")
      ->type_name("[NAME]");
  command->add_flag("--yes", options.yes, "install torch or jax without asking, or update it (a large download)");
}

void add_results(CLI::App* command, BenchOptions& options) {
  command->add_option("--out", options.out, "folder for a table (CSV) and a roofline plot");
  add_peers(command, options.peers,
            "measure the same work in other frameworks: torch (if nothing else is said), jax, "
            "or the path of a Python that has one of them; A,B: several");
}

void add_runtime(CLI::App& bench, RuntimeOptions& options) {
  CLI::App* const command =
      bench.add_subcommand("runtime", "a training step for increasing sequence lengths (the paper's Figure 1)");
  add_mixers(command, options.mixers);
  command->add_option("--lengths", options.lengths, "sequence lengths, increasing")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--batch", options.batch, "sequences in a batch")->capture_default_str();
  command->add_option("--dim", options.dim, "channels")->capture_default_str();
  command->add_option("--limit", options.limit, "leave out lengths whose step is expected to take longer, in seconds")
      ->capture_default_str();
  command->add_option("--out", options.out, "folder for a table and a picture")->capture_default_str();
  command->add_option("--table", options.table, "draw the table of an earlier call, and measure nothing");
  set_example(*command, "bench runtime --mixers mingru,gru --lengths 64,256");
}

void add_inference(CLI::App& bench, InferenceOptions& options) {
  CLI::App* const command =
      bench.add_subcommand("inference", "reading a context, then one token at a time (the paper's Figures 3 and 4)");
  add_mixers(command, options.mixers);
  command->add_option("--lengths", options.lengths, "context lengths")->delimiter(',')->capture_default_str();
  command->add_option("--batches", options.batches, "batch sizes")->delimiter(',')->capture_default_str();
  command->add_option("--dim", options.dim, "channels")->capture_default_str();
  command->add_option("--out", options.out, "folder for a table and a picture")->capture_default_str();
  command->add_option("--table", options.table, "draw the table of an earlier call, and measure nothing");
  set_example(*command, "bench inference --mixers mingru,gru --lengths 256");
}

void add_peers_table(CLI::App& bench, BenchOptions& options) {
  CLI::App* const command = bench.add_subcommand("peers", "the table of README.md: this program against others");
  add_peers(command, options.peers,
            "torch, jax, or the path of a Python that has one of them; A,B: several; "
            "if nothing is said: torch,jax");
  command->add_option("--shorter", options.shorter, "divide all lengths by this, to try the command")
      ->capture_default_str();
  set_example(*command, "bench peers --peer torch --shorter 16");
  command->parse_complete_callback([&options] {
    if (options.peers.names.empty()) options.peers.names = {"torch", "jax"};
  });
}

std::shared_ptr<Peers> started(const PeerOptions& options) {
  return options.names.empty() ? nullptr : std::make_shared<Peers>(options.names, options.yes);
}

}  // namespace

Run add_bench(CLI::App& app) {
  CLI::App* const bench =
      app.add_subcommand("bench", "measure speeds and compare them with the limits of this machine");
  bench->require_subcommand(1);
  const auto options = std::make_shared<BenchOptions>();
  bench->add_subcommand("limits", "matrix products of typical shapes, and memory");
  CLI::App* const scan = bench->add_subcommand("scan", "the fused gate scan, forward + backward");
  scan->add_option("sizes", options->sizes, "B T E for each shape");
  scan->add_option("--mixer", options->mixer, "mingru or minlstm")->capture_default_str();
  CLI::App* const recurrence =
      bench->add_subcommand("recurrence", "one recurrence in every form: time and rounding error");
  recurrence->add_option("steps", options->steps, "steps of the recurrence")->capture_default_str();
  set_example(*recurrence, "bench recurrence 4096");
  CLI::App* const layer = bench->add_subcommand("layer", "forward + backward of one layer of each mixer");
  layer->add_option("sizes", options->sizes, "B T D for each shape");
  add_mixers(layer, options->mixers);
  CLI::App* const step = bench->add_subcommand("step", "one training step");
  step->add_option("case", options->step, "copy or shakespeare")->capture_default_str();
  step->add_option("sizes", options->sizes, "B T");
  step->add_option("--mixer", options->mixer, fmt::format("what mixes over time ({})", joined(mixer_names())))
      ->capture_default_str();
  CLI::App* const generate = bench->add_subcommand("generate", "one token at a time, batch 1");
  bench->add_subcommand("ragged", "sequences of different lengths, packed and padded; resets");
  for (CLI::App* const command : {scan, layer, step, generate}) add_results(command, *options);
  for (CLI::App* const command : {layer, step})
    add_precision(*command, "--precision", options->precision, "of matrix products");
  add_peers_table(*bench, *options);
  add_runtime(*bench, options->runtime);
  add_inference(*bench, options->inference);
  set_example(*bench, "bench layer 8 4096 256");
  set_example(*scan, "bench scan 8 4096 256");
  set_example(*layer, "bench layer 8 4096 256 --mixers mingru,gru");
  set_example(*step, "bench step copy 16 1024");
  return [bench, options] {
    if (bench->got_subcommand("limits")) return bench_limits();
    if (bench->got_subcommand("ragged")) return bench_ragged();
    if (bench->got_subcommand("recurrence")) return bench_recurrence(options->steps);
    if (bench->got_subcommand("runtime")) return bench_runtime(options->runtime);
    if (bench->got_subcommand("inference")) return bench_inference(options->inference);
    const ResultOptions results = {options->out, started(options->peers), options->precision};
    if (bench->got_subcommand("peers")) return bench_peers(results, options->shorter);
    if (bench->got_subcommand("scan")) return bench_scan(options->mixer, options->sizes, results);
    if (bench->got_subcommand("layer")) return bench_layer(options->mixers, options->sizes, results);
    if (bench->got_subcommand("generate")) return bench_generate(results);
    return bench_step(options->step, options->mixer, options->sizes, results);
  };
}

}  // namespace scangrad_tools
