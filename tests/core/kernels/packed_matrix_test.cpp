#include "../../../core/kernels/packed_matrix.h"

#include "../../../core/kernels/gemm.h"
#include "../../testing.h"

using namespace scangrad;

TEST_CASE("packed_matrix: products equal the plain ones, of any size and orientation") {
  for (const int64_t n : {1, 7, 32, 33, 128, 200})
    for (const int64_t k : {1, 5, 64}) {
      const Tensor b = random_tensor({k, n}, 1), turned = random_tensor({n, k}, 2);
      for (const Matrix& right : {matrix(b.data(), k, n), transposed(matrix(turned.data(), n, k))}) {
        const PackedMatrix packed(right);
        for (int64_t rows = 1; rows <= 2 * PackedMatrix::kRows + 1; ++rows) {
          const int64_t lda = k + 1, ldc = n + 3;
          const Tensor a = random_tensor({rows, lda}, 3), start = random_tensor({rows, ldc}, 4);
          for (const bool add : {false, true}) {
            Tensor c = start.clone(), plain = start.clone();
            packed.multiply(c.mutable_data(), ldc, a.data(), lda, rows, add);
            plain_gemm(plain.mutable_data(), ldc, matrix(a.data(), rows, k, lda), right, add);
            CHECK(relative_error(c, plain) < (kDouble ? 1e-14 : 1e-6));
          }
        }
      }
    }
}

TEST_CASE("packed_matrix: the bits of a row do not depend on other rows") {
  const int64_t rows = 11, n = 150, k = 70;
  const Tensor a = random_tensor({rows, k}, 1), b = random_tensor({k, n}, 2);
  const PackedMatrix packed(matrix(b.data(), k, n));
  Tensor all({rows, n}), alone({1, n});
  packed.multiply(all.mutable_data(), n, a.data(), k, rows, false);
  for (int64_t row = 0; row < rows; ++row) {
    packed.multiply(alone.mutable_data(), n, a.data() + row * k, k, 1, false);
    CHECK(std::equal(alone.data(), alone.data() + n, all.data() + row * n));
  }
}
