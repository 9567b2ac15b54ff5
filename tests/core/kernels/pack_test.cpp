#include "../../../core/kernels/pack.h"

#include "../../../core/kernels/bf16.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

// What the word of `row` and `column` should be.
float word(const Matrix& m, int64_t row, int64_t column, Operands operands) {
  const auto element = [&](int64_t i) {
    const bool inside = i < m.rows && column < m.cols;
    return inside ? static_cast<float>(at(m, i, column)) : 0.0f;
  };
  if (operands == Operands::kFloat) return element(row);
  if (operands == Operands::kRounded) return round_to_bf16(element(row));
  return bf16_pair(element(2 * row), element(2 * row + 1));
}

template <int64_t width>
void check_panels(const Matrix& m, Operands operands) {
  const int64_t steps = steps_of(m.rows, operands), panels = (m.cols + width - 1) / width;
  std::vector<float> to(static_cast<size_t>(panels * steps * width), NAN);
  pack<width>(to.data(), m, operands);
  int64_t wrong = 0;
  for (int64_t i = 0; i < panels * steps * width; ++i) {
    const int64_t panel = i / (steps * width), step = i / width % steps, column = panel * width + i % width;
    wrong += std::bit_cast<uint32_t>(to[size_t(i)]) != std::bit_cast<uint32_t>(word(m, step, column, operands));
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("pack: panels hold the words of every view, and zeros where it has no numbers") {
  const Tensor values = random_tensor({40'000}, 1);
  for (const int64_t k : {1, 2, 15, 16, 17, 31, 32, 33, 70}) {
    for (const int64_t n : {1, 13, 14, 15, 31, 32, 33, 100}) {
      const Matrix by_rows = matrix(values.data(), k, n, n + 3);
      const Matrix by_columns = transposed(matrix(values.data(), n, k, k + 5));
      const Matrix spread = {values.data(), k, n, 2 * n + 1, 2};
      for (const Matrix& m : {by_rows, by_columns, spread}) {
        for (const Operands operands : {Operands::kFloat, Operands::kRounded, Operands::kPairs}) {
          INFO("k ", k, " n ", n, " strides ", m.row_stride, " ", m.col_stride, " operands ", int(operands));
          check_panels<Tile::kRows>(m, operands);
          check_panels<Tile::kColumns>(m, operands);
        }
      }
    }
  }
}
