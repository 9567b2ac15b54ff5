#include "../../ops/dropout.h"

#include "../same_bits.h"

using namespace scangrad;

TEST_CASE("dropout: element i is kept where word i reaches p, and kept numbers grow by 1 / (1 - p)") {
  for (const uint64_t offset : {0, 1, 2, 3, 4, 255, 1'000'001}) {
    for (const int64_t n : {1, 3, 255, 256, 257, 1023, 1024, 1025, 2600}) {
      Rng rng(7, 3);
      rng.set_offset(offset);
      const Rng start = rng;
      const Tensor x = random_tensor({n}, 1);
      const Tensor y = dropout(x, real(0.25), rng);
      CHECK(rng.offset() == offset + uint64_t(n));
      bool equal = true;
      for (int64_t i = 0; i < n; ++i) {
        const bool keep = start.word_at(uint64_t(i)) >= uint32_t(1) << 30;
        equal = equal && y.data()[i] == (keep ? x.data()[i] * (1 / real(0.75)) : real(0));
      }
      CHECK(equal);
    }
  }
}

TEST_CASE("dropout: gradients equal central differences and have the mask of forward") {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{3, 17}}) {
    const auto f = [](const std::vector<Tensor>& in) {
      Rng rng(5);
      return dropout(in[0], real(0.4), rng);
    };
    const auto twice = [&](const std::vector<Tensor>& in) { return f({f(in)}); };
    CHECK(gradcheck(f, {random_tensor(shape, 1)}) < kGradTolerance);
    CHECK(gradcheck(twice, {random_tensor(shape, 1)}) < kGradTolerance);
  }
  Rng rng(6);
  const Tensor ones = Tensor::full({1000}, 1), x = leaf(ones);
  const Tensor y = dropout(x, real(0.4), rng), z = dropout(x, real(0.4), rng);
  backward({y}, {ones});
  CHECK(same_bits(x.grad(), y));
  CHECK(!same_bits(z, y));
  backward({z}, {ones});  // adds to what is there
  bool equal = true;
  for (int64_t i = 0; i < 1000; ++i) equal = equal && x.grad().data()[i] == y.data()[i] + z.data()[i];
  CHECK(equal);
}

TEST_CASE("dropout: about p of the numbers are dropped and the mean stays") {
  const int64_t n = 100'000;
  for (const real p : {real(0.1), real(0.5), real(0.9)}) {
    Rng rng(1);
    const std::vector<real> y = dropout(Tensor::full({n}, 1), p, rng).values();
    const double dropped = double(std::count(y.begin(), y.end(), real(0)));
    const double deviation = std::sqrt(double(n) * p * (1 - p));
    CHECK(std::abs(dropped - double(n) * p) < 4 * deviation);
    CHECK(*std::max_element(y.begin(), y.end()) == 1 / (1 - p));
  }
}

TEST_CASE("dropout: p = 0 is the tensor itself and draws nothing") {
  Rng rng(1);
  const Tensor x = random_tensor({5}, 1);
  CHECK(dropout(x, 0, rng).data() == x.data());
  CHECK(rng.offset() == 0);
}

TEST_CASE("dropout: a dropped number becomes 0, even if it is NaN") {
  Rng rng(1);
  const std::vector<real> y = dropout(Tensor::full({64}, NAN), real(0.5), rng).values();
  CHECK(std::count(y.begin(), y.end(), real(0)) > 10);
}

TEST_CASE("dropout: recomputation from a copied rng draws the same numbers") {
  Rng rng(9);
  const Tensor x = leaf(random_tensor({300}, 1)), dy = random_tensor({300}, 2);
  const auto f = [](const Tensor& in, Rng& from) { return dropout(dropout(in, real(0.3), from), real(0.2), from); };

  const Rng start = rng;
  Tensor y;
  {
    const NoGrad no_grad;
    y = f(x, rng);
  }
  const Tensor recomputed = record("recomputed", y, {x}, [&, start](const Tensor& gradient, Sinks& into) {
    const Recording on(true);
    const Tensor again = leaf(x.detach());
    Rng replay = start;
    backward({f(again, replay)}, {gradient});
    into.give(0, again.grad());
  });
  backward({recomputed}, {dy});
  const Tensor from_recomputation = x.grad();

  x.zero_grad();
  Rng replay = start;
  const Tensor plain = f(x, replay);
  backward({plain}, {dy});
  CHECK(same_bits(plain, y));
  CHECK(same_bits(from_recomputation, x.grad()));
  CHECK(replay.offset() == rng.offset());
}

TEST_CASE("dropout: any number of threads gives the same mask") {
  const auto f = [](const std::vector<Tensor>& in) {
    Rng rng(4);
    rng.skip(5);
    return std::vector<Tensor>{dropout(in[0], real(0.3), rng)};
  };
  check_threads(f, {random_tensor({100'003}, 1)});
}

TEST_CASE("dropout: an error names a wrong p") {
  Rng rng(1);
  const Tensor x = Tensor::zeros({2});
  CHECK(error_of([&] { dropout(x, 1, rng); }) == "dropout: p is 1, but at least 0 and less than 1 is needed");
  CHECK(error_of([&] { dropout(x, real(-0.5), rng); }) ==
        "dropout: p is -0.5, but at least 0 and less than 1 is needed");
  CHECK(error_of([&] { dropout(x, NAN, rng); }) == "dropout: p is nan, but at least 0 and less than 1 is needed");
  CHECK(error_of([&] { dropout(Tensor(), real(0.5), rng); }) == "dropout: x is undefined, but a tensor is needed");
}
