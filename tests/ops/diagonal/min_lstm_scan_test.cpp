#include "../../../ops/diagonal/min_lstm_scan.h"

#include <array>
#include <cmath>
#include <limits>

#include "../../../ops/activations.h"
#include "../../../ops/arithmetic.h"
#include "../../../ops/indexing/slice.h"
#include "../../../ops/scan.h"
#include "gated.h"

using namespace scangrad;

TEST_CASE("min_lstm_scan: a case worked by hand") {
  // f = i = 1/2 and c = g(1.5) = 2: plain h = 4/2 + 2/2; normalised gates are 1/2 as well.
  const Tensor h0({1, 1}, {4});
  for (const Gates gates : {Gates::kPlain, Gates::kNormalised}) {
    const Tensor p = leaf(Tensor({1, 1, 3}, {real(1.5), 0, 0}));
    const Tensor h = min_lstm_scan(p, h0, gates);
    CHECK(h.item() == doctest::Approx(3));
    backward({h}, {Tensor::full({1, 1, 1}, 8)});
    // plain: dkf = 8 * 4 / 4, dki = 8 * 2 / 4; normalised: r = 8 (2 - 4) / 4 = -4, dkf = 4 / 2, dki = -4 / 2.
    const bool plain = gates == Gates::kPlain;
    CHECK(p.grad().values()[0] == doctest::Approx(4));
    CHECK(p.grad().values()[1] == doctest::Approx(plain ? 8 : 2));
    CHECK(p.grad().values()[2] == doctest::Approx(plain ? 4 : -2));
  }
}

TEST_CASE("min_lstm_scan: gradients, composed ops, boundaries and threads agree") {
  for (const Gates gates : {Gates::kPlain, Gates::kNormalised}) {
    for (const Candidate candidate : {Candidate::kG, Candidate::kIdentity}) {
      const FusedScan fused = [=](const Tensor& p, const Tensor& h0, const Boundaries& at) {
        return min_lstm_scan(p, h0, gates, candidate, at);
      };
      const ComposedScan composed = [=](const Tensor& p, const Tensor& h0) {
        const int64_t E = p.size(2) / 3;
        const Tensor kf = slice(p, 2, E, 2 * E), ki = slice(p, 2, 2 * E, 3 * E);
        Tensor a = sigmoid(kf), b = sigmoid(ki);
        if (gates == Gates::kNormalised) {
          const Tensor n = subtract(softplus(scale(kf, -1)), softplus(scale(ki, -1)));
          a = sigmoid(scale(n, -1));
          b = sigmoid(n);
        }
        const Tensor v = slice(p, 2, 0, E);
        return scan(a, multiply(b, candidate == Candidate::kG ? positive_g(v) : v), h0);
      };
      check_fused_scan(fused, composed, 3);
    }
  }
}

TEST_CASE("min_lstm_scan: normalised gates keep their ratio when both are closed") {
  // f / (f + i) = sigmoid(20) although f and i are far below the smallest float.
  const Tensor p({1, 1, 3}, {real(0.5), -200, -220});
  const real h = min_lstm_scan(p, Tensor({1, 1}, {3}), Gates::kNormalised).item();
  CHECK(h == doctest::Approx(3).epsilon(1e-6));
}

TEST_CASE("min_lstm_scan: infinite gate inputs give the limits, and NaN gives NaN") {
  const real kInfinity = std::numeric_limits<real>::infinity();
  const auto h = [](real kf, real ki) {
    return min_lstm_scan(Tensor({1, 1, 3}, {real(0.5), kf, ki}), Tensor({1, 1}, {3}), Gates::kNormalised).item();
  };
  CHECK(h(-kInfinity, 1) == doctest::Approx(1));  // g(0.5) = 1
  CHECK(h(1, -kInfinity) == doctest::Approx(3));
  CHECK(h(-kInfinity, -kInfinity) == doctest::Approx(2));
  CHECK(h(kInfinity, kInfinity) == doctest::Approx(2));
  CHECK(std::isnan(h(std::numeric_limits<real>::quiet_NaN(), 1)));
  CHECK(std::isnan(h(1, std::numeric_limits<real>::quiet_NaN())));
}

TEST_CASE("min_lstm_scan: errors name wrong shapes") {
  CHECK(error_of([] {
          min_lstm_scan(Tensor::zeros({2, 5, 4}));
        }) == "min_lstm_scan: projection has shape [2, 5, 4], but (B, T, 3 E) is needed");
  CHECK(error_of([] {
          min_lstm_scan(Tensor::zeros({2, 5, 9}), Tensor::zeros({1, 3}));
        }) == "min_lstm_scan: h0 has shape [1, 3], but [2, 3] is needed");
}

TEST_CASE("min_lstm_scan: batches without rows, steps or channels are empty and legal") {
  for (const auto& [B, T, D] : {std::array<int64_t, 3>{0, 3, 2}, {2, 0, 2}, {2, 3, 0}}) {
    const Tensor h0 = leaf(Tensor::full({B, D}, 1));
    const Tensor h = min_lstm_scan(Tensor::zeros({B, T, 3 * D}), h0);
    CHECK(h.shape() == Shape{B, T, D});
    backward({h}, {h.detach()});
    CHECK(h0.grad().shape() == Shape{B, D});
  }
}
