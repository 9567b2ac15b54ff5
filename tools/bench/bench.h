// The benchmarks, and the functions that they share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../../nn/mixer.h"
#include "../../ops/precision.h"
#include "../plot/panels.h"
#include "tables.h"

namespace scangrad_tools {

// Errors: a size below 1.
void check_sizes(const std::vector<int64_t>& sizes);
// Prints the machine: the first line of every benchmark.
void print_machine();

// " in bf16", or nothing.
std::string suffix(scangrad::Precision precision);

// Draws NAME.svg and NAME.png in the folder, and prints their names and that of NAME.csv if it was written.
void draw_results(const Figure& figure, const std::string& folder, const std::string& name, bool has_table);
// Only prints the names of the files; `problem` says why there is no picture.
void say_results(const std::string& problem, const std::string& folder, const std::string& name, bool has_table = true);

struct ResultOptions;
int bench_limits();
// bench scan [B T E ...]: the fused gate scan.
int bench_scan(const std::string& mixer, std::vector<int64_t> sizes, const ResultOptions& options);
// bench recurrence [T]: the plain recurrence in every form, with its rounding error.
int bench_recurrence(int64_t steps);
// bench layer [B T D ...]: forward + backward of one layer of each mixer.
int bench_layer(const std::vector<std::string>& mixers, std::vector<int64_t> sizes, const ResultOptions& options);
// bench step [copy|shakespeare] [B T]: a training step.
int bench_step(const std::string& name, const std::string& mixer, const std::vector<int64_t>& sizes,
               const ResultOptions& options);
// bench generate: one token at a time.
int bench_generate(const ResultOptions& options);

// bench peers: the table of README.md; all lengths are divided by `shorter`.
int bench_peers(const ResultOptions& options, int64_t shorter);

// bench ragged: packed against padded sequences, and the cost of resets.
int bench_ragged();

// bench runtime: a training step against the length of the sequence. Writes a table and a picture to folder `out`.
struct RuntimeOptions {
  std::vector<std::string> mixers = scangrad::mixer_names();
  std::vector<int64_t> lengths = {16, 64, 256, 1'024, 4'096, 16'384};
  int64_t batch = 64, dim = 64;
  double limit = 20;  // seconds; longer steps are not measured
  std::string out = "runs/runtime";
  std::string table;  // the table of an earlier call: draw it again, measure nothing
};
int bench_runtime(const RuntimeOptions& options);

// bench inference: reading a context, then one token at a time. Writes a table and a picture to folder `out`.
struct InferenceOptions {
  std::vector<std::string> mixers =
      scangrad::mixer_names([](const scangrad::MixerRow& row) { return row.bench.inference; });
  std::vector<int64_t> lengths = {16, 128, 512, 2'048}, batches = {1, 8, 16, 32, 64};
  int64_t dim = 64;
  std::string out = "runs/inference", table;
};
int bench_inference(const InferenceOptions& options);

}  // namespace scangrad_tools
