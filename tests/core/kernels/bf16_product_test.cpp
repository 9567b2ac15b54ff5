#include "../../../core/kernels/bf16_product.h"

#include <cmath>

#include "../../../core/kernels/bf16_tile.h"
#include "../../../core/kernels/gemm.h"
#include "../../same_bits.h"
#include "../../testing.h"
#include "rounded.h"

using namespace scangrad;

namespace {

using Values = std::vector<real>;
using Gemm = void (*)(real*, int64_t, const Matrix&, const Matrix&, bool);

struct Sizes {
  int64_t m, n, k;
};

// The product with gaps at the ends of rows, and with both operands transposed in memory or not.
Values product(Gemm gemm, const Sizes& s, bool a_transposed, bool b_transposed, bool add) {
  const auto view = [](const Tensor& values, int64_t rows, int64_t cols, bool is_transposed) {
    return is_transposed ? transposed(matrix(values.data(), cols, rows, rows + 3))
                         : matrix(values.data(), rows, cols, cols + 3);
  };
  const Tensor a = random_tensor({(s.m + 3) * (s.k + 3)}, 1), b = random_tensor({(s.k + 3) * (s.n + 3)}, 2);
  Values c = random_tensor({s.m * (s.n + 2)}, 3).values();
  gemm(c.data(), s.n + 2, view(a, s.m, s.k, a_transposed), view(b, s.k, s.n, b_transposed), add);
  return c;
}

const std::vector<Sizes> kSizes{{1, 1, 1},     {1, 33, 2},   {14, 32, 768}, {13, 31, 767}, {15, 65, 769},
                                {3, 40, 1600}, {337, 34, 9}, {700, 5, 40},  {40, 300, 50}};

}  // namespace

// The same bits where tiles are computed in plain loops, too; the instruction may round in another order.
TEST_CASE("bf16_product: tiles give the result of the plain loops") {
  for (const Sizes& s : kSizes) {
    for (const bool a : {false, true}) {
      for (const bool b : {false, true}) {
        for (const bool add : {false, true}) {
          INFO(s.m, " ", s.n, " ", s.k, " ", a, b, add);
          const Values is = product(tiled_bf16_gemm, s, a, b, add), should = product(plain_bf16_gemm, s, a, b, add);
          const auto n = static_cast<int64_t>(is.size());
          if (has_bf16_instruction())
            CHECK(relative_error(Tensor({n}, is), Tensor({n}, should)) < 1e-6);
          else
            CHECK(is == should);
        }
      }
    }
  }
}

TEST_CASE("bf16_product: it is the product of the rounded operands") {
  for (const Sizes& s : kSizes) {
    const Tensor a = random_tensor({s.m, s.k}, 1), b = random_tensor({s.k, s.n}, 2);
    const Tensor x = rounded(a), y = rounded(b);
    Tensor fast({s.m, s.n}), exact({s.m, s.n});
    bf16_gemm(fast.mutable_data(), s.n, matrix(a.data(), s.m, s.k), matrix(b.data(), s.k, s.n), false);
    plain_gemm(exact.mutable_data(), s.n, matrix(x.data(), s.m, s.k), matrix(y.data(), s.k, s.n), false);
    CHECK(relative_error(fast, exact) < 1e-6);
  }
}

TEST_CASE("bf16_product: an operand that is packed once gives the same bits") {
  for (const Sizes& s : kSizes) {
    const Tensor a = random_tensor({s.m, s.k}, 1), b = random_tensor({s.k, s.n}, 2);
    Tensor once = random_tensor({s.m, s.n}, 3), each = once.clone();
    const Bf16Matrix packed(matrix(b.data(), s.k, s.n));
    std::vector<uint32_t> work(Bf16Matrix::kWork);
    packed.multiply(once.mutable_data(), s.n, matrix(a.data(), s.m, s.k), true, work.data());
    tiled_bf16_gemm(each.mutable_data(), s.n, matrix(a.data(), s.m, s.k), matrix(b.data(), s.k, s.n), true);
    CHECK(same_bits(once, each));
  }
}

TEST_CASE("bf16_product: nothing to add up gives zeros") {
  Values c{1, 2};
  bf16_gemm(c.data(), 2, matrix(nullptr, 1, 0), matrix(nullptr, 0, 2), true);
  CHECK(c == Values{1, 2});
  bf16_gemm(c.data(), 2, matrix(nullptr, 1, 0), matrix(nullptr, 0, 2), false);
  CHECK(c == Values{0, 0});
  bf16_gemm(nullptr, 2, matrix(nullptr, 0, 3), matrix(nullptr, 3, 2), false);
}

TEST_CASE("bf16_product: any number of threads gives the same bits") {
  for (const Gemm gemm : {&tiled_bf16_gemm, &bf16_gemm}) {
    for (const Sizes& s : {Sizes{900, 70, 900}, Sizes{30, 900, 900}}) {
      check_threads([&] {
        const Tensor a = random_tensor({s.m, s.k}, 1), b = random_tensor({s.k, s.n}, 2);
        Tensor c({s.m, s.n});
        gemm(c.mutable_data(), s.n, matrix(a.data(), s.m, s.k), matrix(b.data(), s.k, s.n), false);
        return std::vector<Tensor>{c};
      });
    }
  }
}
