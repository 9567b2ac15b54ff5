#include "../../../core/kernels/long_inner.h"

#include "../../../core/kernels/gemm.h"
#include "../../same_bits.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

Tensor product(const Tensor& a, const Tensor& b, bool add) {
  const int64_t m = a.size(0), k = a.size(1), n = b.size(1);
  Tensor c = Tensor::zeros({m, n});
  std::fill_n(c.mutable_data(), m * n, real(5));
  long_inner(c.mutable_data(), n, matrix(a.data(), m, k), matrix(b.data(), k, n), add,
             [n](real* to, const Matrix& u, const Matrix& v) { plain_gemm(to, n, u, v, false); });
  return c;
}

}  // namespace

TEST_CASE("long_inner: small results with at least kLongInner terms are divided") {
  const auto of = [](int64_t m, int64_t n, int64_t k) {
    return is_long_inner(matrix(nullptr, m, k), matrix(nullptr, k, n));
  };
  CHECK(of(1, 1, kLongInner));
  CHECK(of(512, 512, kLongInner));
  CHECK_FALSE(of(512, 513, kLongInner));
  CHECK_FALSE(of(1, 1, kLongInner - 1));
}

TEST_CASE("long_inner: pieces add up to the whole product, with the same bits for any number of threads") {
  for (const int64_t k : {1, 2048, 2049, 5000}) {
    const Tensor a = random_tensor({3, k}, 1), b = random_tensor({k, 7}, 2);
    for (const bool add : {false, true}) {
      Tensor whole({3, 7});
      std::fill_n(whole.mutable_data(), 21, real(add ? 5 : 0));
      plain_gemm(whole.mutable_data(), 7, matrix(a.data(), 3, k), matrix(b.data(), k, 7), true);
      CHECK(relative_error(product(a, b, add), whole) < 5e-6);  // sums of 5,000 terms, in another order
      check_threads([&] { return std::vector<Tensor>{product(a, b, add)}; });
    }
  }
}
