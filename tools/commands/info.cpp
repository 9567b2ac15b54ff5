// scangrad info: prints the version, the processor, the libraries and the measured speeds.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include "../../core/kernels/bf16_product.h"
#include "../../core/kernels/denormals.h"
#include "../../core/kernels/gemm.h"
#include "../../core/threads.h"
#include "../bench/measure.h"
#include "../line/help_text.h"
#include "commands.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

int info() {
  fmt::print("scangrad  {}\n", SCANGRAD_VERSION);
  fmt::print("cpu       {}\n", cpu_name());
  fmt::print("threads   {}\n", threads());
  fmt::print("gemm      {}\n", gemm_description());
  fmt::print("          {:.0f} GFLOP/s measured (1,536 x 1,536 x 1,536)\n", gemm_rate(1'536, 1'536, 1'536) * 1e-9);
  fmt::print("bf16      {}\n", bf16_description());
  fmt::print("denormals {}\n", flushes_denormals() ? "zero" : "kept");
  fmt::print("memory    {:.1f} GB/s measured (triad, plain stores)\n", memory_rate() * 1e-9);
  return 0;
}

}  // namespace

Run add_info(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("info", "version, processor, threads, BLIS, measured speeds");
  set_example(*command, "info --threads 1");
  return info;
}

}  // namespace scangrad_tools
