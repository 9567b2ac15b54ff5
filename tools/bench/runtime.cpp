// scangrad bench runtime: the paper's Figure 1 on this processor. It shows how time and memory of a training step
// (forward, loss, backward) grow with the length of the sequence, for minGRU, minLSTM and other networks.
//
//   scangrad bench runtime --batch 64 --dim 64 --lengths 16,64,256,1024 --out runs/runtime
//   ...
//   runs/runtime: runtime.csv runtime.svg runtime.png
//
// The network has one layer of width `dim` and a vocabulary of 16 tokens. Times are medians. A length is skipped if the
// step is expected to take more than `limit` seconds. The speed-up is relative to the traditional network of each
// mixer. With --table FILE the table of an earlier call is drawn again.
#include <fmt/format.h>

#include <cstdio>
#include <map>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../core/memory.h"
#include "../../models/networks/language_model.h"
#include "bench.h"
#include "measure.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

struct Step {
  double seconds = 0;
  double peak = 0;  // bytes in buffers
};

Step measure_step(const std::string& mixer, const RuntimeOptions& options, int64_t T) {
  const Params params(1);
  const LanguageModel model(params,
                            {.vocab = 16, .stack = {.mixer = mixer, .layers = 1, .dim = options.dim, .expansion = 1}});
  const Ids ids = random_ids({options.batch, T}, 16), targets = random_ids({options.batch, T}, 16);
  const auto step = [&] {
    params.zero_grad();
    State state = model.start(options.batch);
    model.loss(ids, targets, state).loss.backward();
  };
  release_unused_memory();
  reset_peak_memory();
  Step result;
  result.seconds = median_seconds(step, 0.5, 3);
  result.peak = static_cast<double>(memory_stats().peak);
  return result;
}

constexpr const char* kColumns = "mixer,batch,length,dim,ms,tokens_per_s,peak_mb";

using Table = std::map<std::string, std::map<int64_t, Step>>;

// The traditional network with which a mixer is compared.
std::string peer_of(const std::string& mixer) {
  const std::string& network = mixer_row(mixer).minimal_form_of;
  return network.empty() ? "gru" : network;
}

Figure figure_of(const Table& table, const std::vector<std::string>& mixers) {
  Panel time{
      .title = "time of a training step", .x = "sequence length", .y = "ms", .lines = {}, .log_x = true, .log_y = true},
      speedup{.title = "times faster than GRU or LSTM",
              .x = "sequence length",
              .y = "times",
              .lines = {},
              .log_x = true,
              .log_y = true},
      memory{.title = "most memory", .x = "sequence length", .y = "MB", .lines = {}, .log_x = true, .log_y = true};
  for (const std::string& mixer : mixers) {
    if (table.count(mixer) == 0) continue;
    const LineStyle style = style_of_mixer(mixer);
    Line a{mixer, {}, style}, b{mixer, {}, style}, c{mixer, {}, style};
    for (const auto& [T, step] : table.at(mixer)) {
      const auto x = static_cast<double>(T);
      a.points.push_back({x, step.seconds * 1e3});
      c.points.push_back({x, step.peak * 1e-6});
      const auto peers = table.find(peer_of(mixer));
      if (peers == table.end() || mixer == peer_of(mixer) || mixer == "lstm") continue;
      if (const auto peer = peers->second.find(T); peer != peers->second.end())
        b.points.push_back({x, peer->second.seconds / step.seconds});
    }
    time.lines.push_back(a);
    speedup.lines.push_back(b);
    memory.lines.push_back(c);
  }
  return {.panels = {time, speedup, memory}, .columns = 3};
}

int draw_table(const RuntimeOptions& options) {
  Table table;
  std::vector<std::string> mixers;
  for (const auto& [mixer, numbers] : read_mixer_table(options.table, kColumns)) {
    if (table.count(mixer) == 0) mixers.push_back(mixer);
    table[mixer][static_cast<int64_t>(numbers[1])] = {numbers[3] * 1e-3, numbers[5] * 1e6};
  }
  draw_results(figure_of(table, mixers), options.out, "runtime", false);
  return 0;
}

}  // namespace

int bench_runtime(const RuntimeOptions& options) {
  if (!options.table.empty()) return draw_table(options);
  check(options.batch >= 1 && options.dim >= 1, "bench: batch is {} and dim {}, but at least 1 is needed",
        options.batch, options.dim);
  for (const int64_t T : options.lengths) check(T >= 1, "bench: a length is {}, but at least 1 is needed", T);
  print_machine();
  const Csv csv = open_csv(options.out, "runtime", kColumns);
  fmt::print("{:<10} {:>6} {:>8} {:>5} {:>12} {:>12} {:>10}\n", "mixer", "batch", "length", "dim", "ms", "tokens/s",
             "peak MB");
  Table table;
  for (const std::string& mixer : options.mixers) {
    double expected = 0;
    for (const int64_t T : options.lengths) {
      const double growth =
          table[mixer].empty() ? 1 : static_cast<double>(T) / static_cast<double>(table[mixer].rbegin()->first);
      if (expected * growth * (mixer_row(mixer).family == MixerFamily::kAttention ? growth : 1) > options.limit) break;
      const Step step = measure_step(mixer, options, T);
      expected = step.seconds;
      table[mixer][T] = step;
      const double rate = static_cast<double>(options.batch * T) / step.seconds;
      fmt::print("{:<10} {:>6} {:>8} {:>5} {:>12.3f} {:>12.0f} {:>10.1f}\n", mixer, options.batch, T, options.dim,
                 step.seconds * 1e3, rate, step.peak * 1e-6);
      fmt::print(csv.get(), "{},{},{},{},{:.4f},{:.0f},{:.4g}\n", mixer, options.batch, T, options.dim,
                 step.seconds * 1e3, rate, step.peak * 1e-6);
      std::fflush(stdout);
      std::fflush(csv.get());
    }
  }
  draw_results(figure_of(table, options.mixers), options.out, "runtime", true);
  return 0;
}

}  // namespace scangrad_tools
