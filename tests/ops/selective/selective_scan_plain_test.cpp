#include "../../../ops/selective/selective_scan_plain.h"

#include "../../testing.h"
#include "check_gradients.h"

using namespace scangrad;

namespace {

Scanned scan_of(const std::vector<Tensor>& in, const Boundaries& at = {}) {
  return selective_scan_plain(in[0], in[1], in[2], in[3], in[4], in[5], at);
}

}  // namespace

TEST_CASE("selective_scan_plain: a case worked by hand") {
  // softplus(log(e - 1)) = 1, and A = -log 2 makes a = 1/2: h = 4/2 + 2 * 3 = 8, then 8/2 + 2 * 5 = 14.
  const real one = std::log(std::exp(real(1)) - 1), A_log = std::log(std::log(real(2)));
  std::vector<Tensor> in{Tensor({1, 2, 1}, {3, 5}),          Tensor({1, 2, 1}, {one, one}), Tensor({1, 1}, {A_log}),
                         Tensor({1, 2, 2}, {2, 10, 2, 100}), Tensor({1}, {1000}),           Tensor({1, 1, 1}, {4})};
  for (Tensor& input : in) input = leaf(input);
  const auto [y, last] = scan_of(in);
  const double tolerance = kDouble ? 1e-14 : 1e-6;
  CHECK(relative_error(y, Tensor({1, 2, 1}, {3080, 6400})) < tolerance);
  CHECK(relative_error(last, Tensor({1, 1, 1}, {14})) < tolerance);

  // s = 100 + 7 = 107, then 10 + 107/2 = 63.5. ds/dA: r = 107 * 4 and 63.5 * 2, in all 555.
  backward({y, last}, {Tensor({1, 2, 1}, {1, 1}), Tensor({1, 1, 1}, {7})});
  CHECK(relative_error(in[0].grad(), Tensor({1, 2, 1}, {1127, 1214})) < tolerance);
  CHECK(relative_error(in[2].grad(), Tensor({1, 1}, {-std::log(real(2)) * 555})) < tolerance);
  CHECK(relative_error(in[3].grad(), Tensor({1, 2, 2}, {real(190.5), 8, 535, 14})) < tolerance);
  CHECK(relative_error(in[4].grad(), Tensor({1}, {8})) < tolerance);
  CHECK(relative_error(in[5].grad(), Tensor({1, 1, 1}, {real(31.75)})) < tolerance);
}

TEST_CASE("selective_scan_plain: gradients equal central differences") {
  const int64_t B = 2, T = 5, E = 3, N = 2;
  const Boundaries reset = Boundaries::reset(Ids({B, T}, {0, 0, 1, 0, 0, 1, 0, 0, 0, 1}));
  for (const Boundaries& at : {Boundaries(), reset, Boundaries::lengths({4, 0})}) {
    const std::vector<Tensor> in{random_tensor({B, T, E}, 1), random_tensor({B, T, E}, 2, -3, 1),
                                 random_tensor({E, N}, 3),    random_tensor({B, T, 2 * N}, 4),
                                 random_tensor({E}, 5),       random_tensor({at.sequences(B, T), E, N}, 6)};
    check_gradients(scan_of, in, at);
  }
}

TEST_CASE("selective_scan_plain: padding is zero, and a stream without steps keeps its state") {
  const std::vector<Tensor> in{random_tensor({2, 3, 1}, 1), random_tensor({2, 3, 1}, 2), random_tensor({1, 2}, 3),
                               random_tensor({2, 3, 4}, 4), random_tensor({1}, 5),       random_tensor({2, 1, 2}, 6)};
  const Scanned scanned = scan_of(in, Boundaries::lengths({2, 0}));
  for (int64_t i = 2; i < 6; ++i) CHECK(scanned.y.data()[i] == 0);
  for (int64_t i = 2; i < 4; ++i) CHECK(scanned.last.data()[i] == in[5].data()[i]);
}

TEST_CASE("selective_scan_plain: errors carry its name") {
  CHECK(error_of([] {
          scan_of({Tensor::zeros({5, 4}), {}, {}, {}, {}, {}});
        }) == "selective_scan_plain: x has shape [5, 4], but (B, T, E) is needed");
  CHECK(error_of([] {
          scan_of({Tensor::zeros({1, 2, 3}),
                   Tensor::zeros({1, 2, 3}),
                   Tensor::zeros({3, 4}),
                   Tensor::zeros({1, 2, 8}),
                   Tensor::zeros({3}),
                   {}},
                  Boundaries().reversed());
        }) == "selective_scan_plain: sequences run in reverse, but only forward is possible");
}
