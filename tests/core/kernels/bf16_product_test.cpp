#include "../../../core/kernels/bf16_product.h"

#include "../../../core/kernels/gemm.h"
#include "../../../core/kernels/tiled_product.h"
#include "../../same_bits.h"
#include "../../testing.h"
#include "rounded.h"

using namespace scangrad;

namespace {

struct Sizes {
  int64_t m, n, k;
};

Tensor product(const Sizes& s) {
  const Tensor a = random_tensor({s.m, s.k}, 1), b = random_tensor({s.k, s.n}, 2);
  Tensor c({s.m, s.n});
  bf16_gemm(c.mutable_data(), s.n, matrix(a.data(), s.m, s.k), matrix(b.data(), s.k, s.n), false);
  return c;
}

}  // namespace

TEST_CASE("bf16_product: it is the product of the rounded operands") {
  for (const Sizes& s : {Sizes{1, 1, 1}, {1, 33, 2}, {13, 31, 767}, {15, 65, 769}, {3, 40, 1600}, {337, 34, 9}}) {
    const Tensor x = rounded(random_tensor({s.m, s.k}, 1)), y = rounded(random_tensor({s.k, s.n}, 2));
    Tensor exact({s.m, s.n});
    plain_gemm(exact.mutable_data(), s.n, matrix(x.data(), s.m, s.k), matrix(y.data(), s.k, s.n), false);
    CHECK(relative_error(product(s), exact) < 1e-6);
  }
}

TEST_CASE("bf16_product: nothing to add up gives zeros") {
  std::vector<real> c{1, 2};
  bf16_gemm(c.data(), 2, matrix(nullptr, 1, 0), matrix(nullptr, 0, 2), true);
  CHECK(c == std::vector<real>{1, 2});
  bf16_gemm(c.data(), 2, matrix(nullptr, 1, 0), matrix(nullptr, 0, 2), false);
  CHECK(c == std::vector<real>{0, 0});
  bf16_gemm(nullptr, 2, matrix(nullptr, 0, 3), matrix(nullptr, 3, 2), false);
}

TEST_CASE("bf16_product: any number of threads gives the same bits") {
  for (const Sizes& s : {Sizes{900, 70, 900}, Sizes{30, 900, 900}})
    check_threads([&] { return std::vector<Tensor>{product(s)}; });
}

TEST_CASE("bf16_product: the description says how it is computed") {
  const std::string text = bf16_description();
  CHECK((text == "vdpbf16ps") == (tile_operands(true) == Operands::kPairs));
  CHECK(text.ends_with("this processor has no vdpbf16ps") == !has_bf16_instruction());
}
