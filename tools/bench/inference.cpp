// scangrad bench inference: the paper's Figures 3 and 4 on this processor. For several batch sizes, it reads a context
// and then generates tokens one by one from the state after the context.
//
//   scangrad bench inference --batches 1,8,64 --lengths 16,512,2048 --out runs/inference
//   ...
//   runs/inference: inference.csv inference.svg inference.png
//
// The network has one layer of width `dim` and a vocabulary of 16 tokens. "context" is the median time to read the
// context in one call, "token" the median time of one decoding step after it. Traditional recurrent networks always
// read a context step by step. With --table FILE the table of an earlier call is drawn again.
#include <fmt/format.h>

#include <cstdio>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../models/networks/language_model.h"
#include "bench.h"
#include "measure.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

constexpr const char* kColumns = "mixer,batch,length,dim,context_ms,token_ms";

struct Times {
  double context = 0, token = 0;  // seconds
};

Times measure_inference(const std::string& mixer, int64_t dim, int64_t batch, int64_t length) {
  const Params params(1);
  const LanguageModel model(params, {.vocab = 16, .stack = {.mixer = mixer, .layers = 1, .dim = dim, .expansion = 1}});
  const NoGrad no_grad;
  const Ids context = random_ids({batch, length}, 16), token = random_ids({batch, 1}, 16);
  State state = model.start(batch);
  Times times;
  times.context = median_seconds(
      [&] {
        state = model.start(batch);
        model(context, state, {}, nullptr, /*last=*/1);
      },
      0.2, 3);
  constexpr int64_t kTokens = 16;
  times.token = median_seconds(
                    [&] {
                      State now = state;
                      for (int64_t i = 0; i < kTokens; ++i) model(token, now);
                    },
                    0.1, 3) /
                static_cast<double>(kTokens);
  return times;
}

void add_point(Figure& figure, const std::string& mixer, int64_t batch, Point point) {
  const std::string title = fmt::format("batch {}", batch);
  if (figure.panels.empty() || figure.panels.back().title != title)
    figure.panels.push_back({.title = title,
                             .x = "context length",
                             .y = "ms to read the context",
                             .lines = {},
                             .log_x = true,
                             .log_y = true});
  std::vector<Line>& lines = figure.panels.back().lines;
  if (lines.empty() || lines.back().label != mixer) lines.push_back({mixer, {}, style_of_mixer(mixer)});
  lines.back().points.push_back(point);
}

int draw_table(const InferenceOptions& options) {
  Figure figure{.columns = 3, .height = 200};
  for (const auto& [mixer, numbers] : read_mixer_table(options.table, kColumns))
    add_point(figure, mixer, static_cast<int64_t>(numbers[0]), {numbers[1], numbers[3]});
  draw_results(figure, options.out, "inference", false);
  return 0;
}

}  // namespace

int bench_inference(const InferenceOptions& options) {
  if (!options.table.empty()) return draw_table(options);
  check(options.dim >= 1, "bench: dim is {}, but at least 1 is needed", options.dim);
  for (const int64_t each : options.lengths) check(each >= 1, "bench: a length is {}, but at least 1 is needed", each);
  for (const int64_t each : options.batches) check(each >= 1, "bench: a batch is {}, but at least 1 is needed", each);
  print_machine();
  const Csv csv = open_csv(options.out, "inference", kColumns);
  fmt::print("{:<10} {:>6} {:>8} {:>5} {:>12} {:>12}\n", "mixer", "batch", "length", "dim", "context ms", "token ms");
  Figure figure{.columns = 3, .height = 200};
  for (const int64_t batch : options.batches) {
    for (const std::string& mixer : options.mixers) {
      for (const int64_t length : options.lengths) {
        const Times times = measure_inference(mixer, options.dim, batch, length);
        add_point(figure, mixer, batch, {static_cast<double>(length), times.context * 1e3});
        fmt::print("{:<10} {:>6} {:>8} {:>5} {:>12.3f} {:>12.4f}\n", mixer, batch, length, options.dim,
                   times.context * 1e3, times.token * 1e3);
        fmt::print(csv.get(), "{},{},{},{},{:.4f},{:.5f}\n", mixer, batch, length, options.dim, times.context * 1e3,
                   times.token * 1e3);
        std::fflush(stdout);
        std::fflush(csv.get());
      }
    }
  }
  draw_results(figure, options.out, "inference", true);
  return 0;
}

}  // namespace scangrad_tools
