#include "../../../ops/diagonal/qrnn_scan.h"

#include "../../../ops/activations.h"
#include "../../../ops/arithmetic.h"
#include "../../../ops/indexing/slice.h"
#include "../../../ops/scan.h"
#include "gated.h"

using namespace scangrad;

TEST_CASE("qrnn_scan: a case worked by hand") {
  // k = 0 gives f = 1/2 and v = 0 gives z = 0: the state is halved.
  const Tensor p = leaf(Tensor::zeros({1, 2, 2})), c0 = leaf(Tensor({1, 1}, {4}));
  const Tensor c = qrnn_scan(p, c0);
  CHECK(c.values() == std::vector<real>{2, 1});
  backward({c}, {Tensor({1, 2, 1}, {1, 2})});
  // s = 2, then 1 + 2 / 2 = 2. dv = s / 2, since tanh has slope 1 there. dk = s c[t-1] / 4. dc0 = s / 2.
  CHECK(p.grad().values() == std::vector<real>{1, 2, 1, 1});
  CHECK(c0.grad().values() == std::vector<real>{1});
}

TEST_CASE("qrnn_scan: gradients, composed ops, boundaries and threads agree") {
  const FusedScan fused = [](const Tensor& p, const Tensor& c0, const Boundaries& at) { return qrnn_scan(p, c0, at); };
  const ComposedScan composed = [](const Tensor& p, const Tensor& c0) {
    const int64_t E = p.size(2) / 2;
    const Tensor z = tanh(slice(p, 2, 0, E)), k = slice(p, 2, E, 2 * E);
    return scan(sigmoid(k), multiply(sigmoid(scale(k, -1)), z), c0);
  };
  check_fused_scan(fused, composed, 2);
}

TEST_CASE("qrnn_scan: an open forget gate keeps the state and a closed one replaces it") {
  const Tensor p({1, 2, 2}, {1, 200, 1, -200});
  const Tensor c = qrnn_scan(p, Tensor({1, 1}, {3}));
  CHECK(c.values()[0] == 3);
  CHECK(double(c.values()[1]) == doctest::Approx(std::tanh(1.0)).epsilon(kDouble ? 1e-14 : 1e-6));
}

TEST_CASE("qrnn_scan: errors name wrong shapes") {
  CHECK(error_of([] {
          qrnn_scan(Tensor::zeros({2, 5, 3}));
        }) == "qrnn_scan: projection has shape [2, 5, 3], but (B, T, 2 E) is needed");
}
