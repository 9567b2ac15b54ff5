#include "bf16_product.h"

#include "../memory.h"
#include "../observe/profile.h"
#include "../threads.h"
#include "bf16.h"
#include "gemm.h"
#include "tiled_product.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

Scratch<real> rounded(const Matrix& m) {
  Scratch<real> to(m.rows * m.cols);
  in_parts(m.rows, m.rows * m.cols / 4, [&m, y = to.data()](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t j = 0; j < m.cols; ++j) y[i * m.cols + j] = round_to_bf16(static_cast<float>(at(m, i, j)));
  });
  return to;
}

}  // namespace

void bf16_gemm(real* c, int64_t ldc, const Matrix& a, const Matrix& b, bool add) {
  const int64_t m = a.rows, n = b.cols, k = a.cols;
  if (m == 0 || n == 0) return;  // no product is counted
  if (const std::optional<Operands> operands = tile_operands(true)) {
    count_flops(2 * m * n * k);
    count_products(1);
    return tiled_gemm(c, ldc, a, b, add, *operands);
  }
  const Scratch<real> x = rounded(a), y = rounded(b);
  gemm(c, ldc, matrix(x.data(), m, k), matrix(y.data(), k, n), add);
}

std::string bf16_description() {
  if (tile_operands(true) == Operands::kPairs) return "vdpbf16ps";
  return has_bf16_instruction() ? "rounded, then multiplied as floats, which is faster here than vdpbf16ps"
                                : "rounded, then multiplied as floats: this processor has no vdpbf16ps";
}

}  // namespace scangrad::SCANGRAD_PRECISION
