// scangrad bench limits: the rates of this machine for matrix products of the usual shapes and for memory.
#include <fmt/format.h>

#include "../../core/kernels/bf16_product.h"
#include "../../core/kernels/tiled_product.h"
#include "bench.h"
#include "measure.h"

namespace scangrad_tools {

int bench_limits() {
  using namespace scangrad;
  print_machine();
  struct Case {
    const char* what;
    int64_t m, n, k;
    bool transposed;
  };
  fmt::print("{:<34} {:>6} {:>6} {:>6} {:>8} {:>8}\n", "GFLOP/s of a product", "m", "n", "k", "float", "bf16");
  for (const Case& c :
       {Case{"square", 1'536, 1'536, 1'536, false}, Case{"projection, width 384", 16'384, 1'536, 384, false},
        Case{"down-projection, width 384", 16'384, 384, 768, false},
        Case{"its weights' gradient", 1'536, 384, 16'384, true}, Case{"projection, width 64", 16'448, 768, 64, false},
        Case{"down-projection, width 64", 16'448, 64, 384, false}, Case{"its weights' gradient", 768, 64, 16'448, true},
        Case{"one row, width 384", 1, 1'536, 384, false}})
    fmt::print("{:<34} {:>6} {:>6} {:>6} {:>8.1f} {:>8.1f}\n", c.what, c.m, c.n, c.k,
               gemm_rate(c.m, c.n, c.k, c.transposed) * 1e-9,
               gemm_rate(c.m, c.n, c.k, c.transposed, Precision::kBf16) * 1e-9);
  if (const auto floats = tile_operands(false), rounded = tile_operands(true); floats && rounded)
    fmt::print("{:<55} {:>8.1f} {:>8.1f}\n", "one core, in its cache", tile_rate(*floats) * 1e-9,
               tile_rate(*rounded) * 1e-9);
  fmt::print("bf16: {}\n", bf16_description());
  fmt::print("memory: {:.1f} GB/s (c = a + 1.5 b with 400 MB each, 12 bytes per element), ", memory_rate() * 1e-9);
  fmt::print("{:.1f} GB/s with stores that bypass the caches\n", memory_rate(/*past_caches=*/true) * 1e-9);
  return 0;
}

}  // namespace scangrad_tools
