#include "../../../core/kernels/row_dots.h"

#include "../../../core/kernels/gemm.h"
#include "../../testing.h"
#include "rounded.h"

using namespace scangrad;

TEST_CASE("row_dots: equals the plain product for any distance of rows") {
  for (const int64_t m : {1, 2, 3, 4, 5, 8})
    for (const int64_t n : {1, 5, 64})
      for (const int64_t k : {0, 1, 15, 16, 63, 64, 65, 200}) {
        const int64_t lda = k + 3, ldb = k + 1, ldc = n + 2;
        const Tensor a = random_tensor({m, lda}, 1), b = random_tensor({n, ldb}, 2), start = random_tensor({m, ldc}, 3);
        for (const bool add : {false, true}) {
          Tensor c = start.clone(), plain = start.clone();
          const Matrix A = matrix(a.data(), m, k, lda), B = matrix(b.data(), n, k, ldb);
          row_dots(c.mutable_data(), ldc, A, B, add);
          plain_gemm(plain.mutable_data(), ldc, A, transposed(B), add);
          CHECK(relative_error(c, plain) < (kDouble ? 1e-14 : 1e-6));
        }
      }
}

TEST_CASE("row_dots: rows in bf16 give what the floats give that they stand for") {
  for (const int64_t m : {1, 2, 5})
    for (const int64_t k : {0, 1, 15, 16, 63, 64, 65, 200}) {
      const int64_t n = 7, ldb = k + 1;
      const Tensor a = random_tensor({m, k + 1}, 1), b = rounded(random_tensor({n, ldb}, 2));
      std::vector<uint16_t> narrow;
      for (const real each : b.values()) narrow.push_back(to_bf16(static_cast<float>(each)));
      for (const bool add : {false, true}) {
        Tensor c = random_tensor({m, n}, 3), floats = c.clone();
        row_dots(c.mutable_data(), n, matrix(a.data(), m, k, k + 1), Bf16Rows{narrow.data(), n, k, ldb}, add);
        row_dots(floats.mutable_data(), n, matrix(a.data(), m, k, k + 1), matrix(b.data(), n, k, ldb), add);
        CHECK(relative_error(c, floats) < 1e-6);
      }
    }
}

TEST_CASE("row_dots: a row's bits depend neither on the other rows nor on the threads") {
  const int64_t m = 6, n = 700, k = 390;
  const Tensor a = random_tensor({m, k}, 1), b = random_tensor({n, k}, 2);
  std::vector<uint16_t> narrow;
  for (const real each : b.values()) narrow.push_back(to_bf16(static_cast<float>(each)));
  for (const bool in_bf16 : {false, true}) {
    const auto product = [&](int64_t first, int64_t count, int threads) {
      const WithThreads with(threads);
      Tensor c({count, n});
      const Matrix rows = matrix(a.data() + first * k, count, k);
      if (in_bf16)
        row_dots(c.mutable_data(), n, rows, Bf16Rows{narrow.data(), n, k, k}, false);
      else
        row_dots(c.mutable_data(), n, rows, matrix(b.data(), n, k), false);
      return c;
    };
    const Tensor all = product(0, m, 1);
    CHECK(same_bits(product(0, m, 3), all));
    for (int64_t row = 0; row < m; ++row) {
      const Tensor alone = product(row, 1, 2);
      CHECK(std::equal(alone.data(), alone.data() + n, all.data() + row * n));
    }
  }
}
