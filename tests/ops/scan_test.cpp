#include "../../ops/scan.h"

#include "../testing.h"

using namespace scangrad;

TEST_CASE("scan: a case worked by hand") {
  // One row, three steps, one channel, h0 = 8.
  const Tensor a = leaf(Tensor({1, 3, 1}, {real(0.5), real(0.25), 2}));
  const Tensor b = leaf(Tensor({1, 3, 1}, {1, 2, 3}));
  const Tensor h0 = leaf(Tensor({1, 1}, {8}));
  const Tensor h = scan(a, b, h0);
  // h = 0.5 * 8 + 1, 0.25 * 5 + 2, 2 * 3.25 + 3
  CHECK(h.values() == std::vector<real>{5, real(3.25), real(9.5)});

  backward({h}, {Tensor({1, 3, 1}, {1, 10, 100})});
  // s = 100, then 10 + 2 * 100 = 210, then 1 + 0.25 * 210 = 53.5
  CHECK(b.grad().values() == std::vector<real>{real(53.5), 210, 100});
  CHECK(a.grad().values() == std::vector<real>{real(53.5) * 8, 210 * 5, 100 * real(3.25)});
  CHECK(h0.grad().values() == std::vector<real>{real(26.75)});
}

TEST_CASE("scan: gradients equal central differences") {
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{2, 1, 3}, Shape{1, 7, 1}, Shape{3, 5, 17}, Shape{1, 3, 259}}) {
    const Tensor a = random_tensor(shape, 1, 0, 1), b = random_tensor(shape, 2);
    const Tensor h0 = random_tensor({shape[0], shape[2]}, 3);
    const auto f = [](const std::vector<Tensor>& in) { return scan(in[0], in[1], in[2]); };
    CHECK(gradcheck(f, {a, b, h0}) < kGradTolerance);
    CHECK(gradcheck(f, {a, b, Tensor()}) < kGradTolerance);
  }
}

TEST_CASE("scan: two halves with a carried state equal one pass") {
  const Tensor a = random_tensor({1, 6, 5}, 1, 0, 1), b = random_tensor({1, 6, 5}, 2);
  const auto part = [](const Tensor& t, int64_t begin, int64_t end) {
    return Tensor({1, end - begin, 5}, {t.data() + begin * 5, t.data() + end * 5});
  };
  const Tensor whole = scan(a, b);
  const Tensor first = scan(part(a, 0, 2), part(b, 0, 2));
  const Tensor second = scan(part(a, 2, 6), part(b, 2, 6), part(first, 1, 2).reshape({1, 5}));
  CHECK(same_bits(first, part(whole, 0, 2)));
  CHECK(same_bits(second, part(whole, 2, 6)));
}

TEST_CASE("scan: a = 0 forgets the state and a = 1 adds up b") {
  const Tensor b = Tensor({1, 3, 1}, {1, 2, 3});
  CHECK(scan(Tensor::zeros({1, 3, 1}), b).values() == std::vector<real>{1, 2, 3});
  CHECK(scan(Tensor::full({1, 3, 1}, 1), b).values() == std::vector<real>{1, 3, 6});
}

TEST_CASE("scan: a million steps stay within 1e-5 of a double-precision recurrence") {
  const int64_t T = 1 << 20;
  const Tensor a = random_tensor({1, T, 2}, 1, 0, 1), b = random_tensor({1, T, 2}, 2);
  const Tensor h = scan(a, b);
  for (int64_t d = 0; d < 2; ++d) {
    double exact = 0, difference = 0, largest = 0;
    for (int64_t t = 0; t < T; ++t) {
      exact = double(a.data()[2 * t + d]) * exact + double(b.data()[2 * t + d]);
      difference = std::max(difference, std::abs(exact - double(h.data()[2 * t + d])));
      largest = std::max(largest, std::abs(exact));
    }
    CHECK(difference / largest < 1e-5);
  }
}

TEST_CASE("scan: errors name wrong shapes") {
  const Tensor a = Tensor::zeros({2, 5, 4});
  CHECK(error_of([&] { scan(a, Tensor::zeros({2, 5, 3})); }) == "scan: b has shape [2, 5, 3] but a has [2, 5, 4]");
  CHECK(error_of([&] { scan(Tensor::zeros({2, 5}), a); }) == "scan: a has shape [2, 5], but (B, T, D) is needed");
  CHECK(error_of([&] { scan(a, a, Tensor::zeros({2, 3})); }) == "scan: h0 has shape [2, 3], but [2, 4] is needed");
}
