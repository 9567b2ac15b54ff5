#include "../../../ops/diagonal/min_gru_scan.h"

#include <array>

#include "../../../ops/activations.h"
#include "../../../ops/arithmetic.h"
#include "../../../ops/indexing/slice.h"
#include "../../../ops/scan.h"
#include "gated.h"

using namespace scangrad;

TEST_CASE("min_gru_scan: a case worked by hand") {
  // k = 0 gives z = 1/2; v = 1.5 gives g = 2, v = 0 gives g = 1/2.
  const Tensor p = leaf(Tensor({1, 2, 2}, {real(1.5), 0, 0, 0}));
  const Tensor h0 = leaf(Tensor({1, 1}, {4}));
  const Tensor h = min_gru_scan(p, h0);
  CHECK(h.values() == std::vector<real>{3, real(1.75)});
  backward({h}, {Tensor({1, 2, 1}, {1, 2})});
  // s = 2, then 1 + 0.5 * 2 = 2. dk = s (c - h[t-1]) / 4: 2 (0.5 - 3) / 4 and 2 (2 - 4) / 4. dv = s / 2. dh0 = s / 2.
  CHECK(p.grad().values() == std::vector<real>{1, -1, 1, real(-1.25)});
  CHECK(h0.grad().values() == std::vector<real>{1});
}

TEST_CASE("min_gru_scan: gradients, composed ops, boundaries and threads agree") {
  for (const Candidate candidate : {Candidate::kG, Candidate::kIdentity}) {
    const FusedScan fused = [=](const Tensor& p, const Tensor& h0, const Boundaries& at) {
      return min_gru_scan(p, h0, candidate, at);
    };
    const ComposedScan composed = [=](const Tensor& p, const Tensor& h0) {
      const int64_t E = p.size(2) / 2;
      const Tensor v = slice(p, 2, 0, E), k = slice(p, 2, E, 2 * E);
      const Tensor c = candidate == Candidate::kG ? positive_g(v) : v;
      return scan(sigmoid(scale(k, -1)), multiply(sigmoid(k), c), h0);
    };
    check_fused_scan(fused, composed, 2);
  }
}

TEST_CASE("min_gru_scan: a closed gate keeps the state and an open one replaces it") {
  const Tensor p({1, 2, 2}, {7, -200, 7, 200});
  CHECK(min_gru_scan(p, Tensor({1, 1}, {3})).values() == std::vector<real>{3, real(7.5)});
}

TEST_CASE("min_gru_scan: errors name wrong shapes") {
  CHECK(error_of([] {
          min_gru_scan(Tensor::zeros({2, 5, 3}));
        }) == "min_gru_scan: projection has shape [2, 5, 3], but (B, T, 2 E) is needed");
  CHECK(error_of([] {
          min_gru_scan(Tensor::zeros({2, 5, 8}), Tensor::zeros({2, 8}));
        }) == "min_gru_scan: h0 has shape [2, 8], but [2, 4] is needed");
}

TEST_CASE("min_gru_scan: batches without rows, steps or channels are empty and legal") {
  for (const auto& [B, T, D] : {std::array<int64_t, 3>{0, 3, 2}, {2, 0, 2}, {2, 3, 0}}) {
    const Tensor h0 = leaf(Tensor::full({B, D}, 1));
    const Tensor h = min_gru_scan(Tensor::zeros({B, T, 2 * D}), h0);
    CHECK(h.shape() == Shape{B, T, D});
    backward({h}, {h.detach()});
    CHECK(h0.grad().shape() == Shape{B, D});
  }
}
