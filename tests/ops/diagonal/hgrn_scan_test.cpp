#include "../../../ops/diagonal/hgrn_scan.h"

#include "../../../ops/activations.h"
#include "../../../ops/arithmetic.h"
#include "../../../ops/indexing/slice.h"
#include "../../../ops/scan.h"
#include "gated.h"

using namespace scangrad;

namespace {

// Bounds of E channels, some of them 0.
Tensor bounds(int64_t E) {
  Tensor lower = random_tensor({E}, 11, 0, real(0.9));
  for (int64_t i = 0; i < E; i += 3) lower.mutable_data()[i] = 0;
  return lower;
}

}  // namespace

TEST_CASE("hgrn_scan: a case worked by hand") {
  // k = 0 and a bound of 1/2 give f = 3/4; v = 0 gives q = 0: three quarters of the state stay.
  const Tensor p = leaf(Tensor::zeros({1, 2, 2})), lower = leaf(Tensor({1}, {real(0.5)})),
               h0 = leaf(Tensor({1, 1}, {16}));
  const Tensor h = hgrn_scan(p, lower, h0);
  CHECK(h.values() == std::vector<real>{12, 9});
  backward({h}, {Tensor({1, 2, 1}, {1, 4})});
  // s = 4, then 1 + 3 = 4. dv = s / 4 / 2. df = s h[t-1], dk = df / 2 / 4, dlower = (64 + 48) / 2. dh0 = 3.
  CHECK(p.grad().values() == std::vector<real>{real(0.5), 8, real(0.5), 6});
  CHECK(lower.grad().item() == 56);
  CHECK(h0.grad().item() == 3);
}

TEST_CASE("hgrn_scan: gradients, composed ops, boundaries and threads agree") {
  const FusedScan fused = [](const Tensor& p, const Tensor& h0, const Boundaries& at) {
    return hgrn_scan(p, bounds(p.size(2) / 2), h0, at);
  };
  const ComposedScan composed = [](const Tensor& p, const Tensor& h0) {
    const int64_t E = p.size(2) / 2;
    const Tensor v = slice(p, 2, 0, E), k = slice(p, 2, E, 2 * E), lower = bounds(E);
    const Tensor rest = subtract(Tensor::full({E}, 1), lower);
    return scan(add(multiply(sigmoid(k), rest), lower), multiply(multiply(sigmoid(scale(k, -1)), rest), silu(v)), h0);
  };
  check_fused_gradients(fused, 2);
  check_fused_equals_composed(fused, composed, 2);
  const ScanUnderTest under_test = [&](const std::vector<Tensor>& in, const Tensor& h0, const Boundaries& at) {
    return fused(in[0], h0, at);
  };
  for (const bool in_reverse : {false, true})
    check_packed_padded_separate(under_test, {5, 1, 9, 2}, {2 * 7}, 7, in_reverse);
  check_threads([&](const std::vector<Tensor>& in) { return std::vector<Tensor>{hgrn_scan(in[0], in[1], in[2])}; },
                {random_tensor({1, 17'000, 2 * 3}, 6, -3, 3), bounds(3), random_tensor({1, 3}, 7)});
}

TEST_CASE("hgrn_scan: the bound gets a gradient from every step except padding") {
  const Tensor p = random_tensor({2, 5, 6}, 1, -2, 2), lower = random_tensor({3}, 2, real(0.1), real(0.9));
  for (const Boundaries& at : {Boundaries(), Boundaries::lengths({5, 2}), Boundaries().reversed()}) {
    const auto f = [&](const std::vector<Tensor>& in) { return hgrn_scan(in[0], in[1], {}, at); };
    CHECK(gradcheck(f, {p, lower}) < kGradTolerance);
  }
}

TEST_CASE("hgrn_scan: bounds grow from layer to layer, from 0") {
  const Tensor even = Tensor::zeros({4, 2});
  for (int64_t layer = 0; layer < 4; ++layer)
    CHECK(double(hgrn_lower_bound(even, layer).values()[1]) == doctest::Approx(0.25 * double(layer)));
  const Tensor logits = random_tensor({4, 3}, 5, -2, 2);
  for (int64_t layer = 0; layer < 4; ++layer)
    CHECK(gradcheck([=](const std::vector<Tensor>& in) { return hgrn_lower_bound(in[0], layer); }, {logits}) <
          kGradTolerance);
  CHECK(hgrn_lower_bound(Tensor({1, 1}, {7}), 0).item() == 0);
}

TEST_CASE("hgrn_scan: errors name wrong shapes") {
  CHECK(error_of([] {
          hgrn_scan(Tensor::zeros({2, 5, 6}), Tensor::zeros({2}));
        }) == "hgrn_scan: lower has shape [2], but [3] is needed");
  CHECK(error_of([] {
          hgrn_lower_bound(Tensor::zeros({2, 5}), 2);
        }) == "hgrn_lower_bound: logits has shape [2, 5] and layer is 2, but (L, E) and 0 to L - 1 are needed");
}
