#include "../../../ops/losses/cross_entropy.h"

#include "../../same_bits.h"

using namespace scangrad;

TEST_CASE("cross_entropy: a case worked by hand") {
  // Probabilities 1/4, 3/4 and 1/2, 1/2: the targets have 3/4 and 1/2.
  const Tensor logits = leaf(Tensor({2, 2}, {0, std::log(real(3)), 5, 5}));
  const Tensor loss = cross_entropy(logits, Ids({2}, {1, 0}));
  CHECK(loss.shape() == Shape{});
  CHECK(loss.item() == doctest::Approx(-(std::log(0.75) + std::log(0.5)) / 2));
  loss.backward();
  CHECK(relative_error(logits.grad(), Tensor({2, 2}, {real(0.125), real(-0.125), real(-0.25), real(0.25)})) < 1e-6);
}

TEST_CASE("cross_entropy: gradients equal central differences") {
  for (const Shape& shape : {Shape{1, 1}, Shape{1, 2}, Shape{2, 3, 5}, Shape{3, 17}, Shape{2, 33}, Shape{4}}) {
    const Shape positions(shape.begin(), shape.rank() - 1);
    const Ids targets = random_ids(positions, 1, shape[-1]);
    const auto f = [&](const std::vector<Tensor>& in) { return cross_entropy(in[0], targets); };
    CHECK(gradcheck(f, {random_tensor(shape, 2, -3, 3)}) < kGradTolerance);
  }
  const TargetOptions options{.ignore_index = 2, .mask = Ids({5}, {1, 0, 1, 1, 1})};
  const Ids targets({5}, {0, 1, 2, 3, 1});
  const auto f = [&](const std::vector<Tensor>& in) { return cross_entropy(in[0], targets, options); };
  CHECK(gradcheck(f, {random_tensor({5, 4}, 3, -3, 3)}) < kGradTolerance);
}

TEST_CASE("cross_entropy: ignored and masked positions do not count, even if they are NaN") {
  const real nan = std::numeric_limits<real>::quiet_NaN();
  const Tensor all = leaf(Tensor({3, 2}, {1, 2, nan, nan, 3, -1})), counted = leaf(Tensor({2, 2}, {1, 2, 3, -1}));
  const Tensor masked = cross_entropy(all, Ids({3}, {1, 0, 0}), {.mask = Ids({3}, {1, 0, 1})});
  const Tensor ignored = cross_entropy(all, Ids({3}, {1, -1, 0}));
  const Tensor plain = cross_entropy(counted, Ids({2}, {1, 0}));
  CHECK(same_bits(masked, plain));
  CHECK(same_bits(ignored, plain));
  masked.backward();
  plain.backward();
  const std::vector<real> up = counted.grad().values();
  CHECK(all.grad().values() == std::vector<real>{up[0], up[1], 0, 0, up[2], up[3]});
}

TEST_CASE("cross_entropy: a constant added to a row changes nothing, and its gradient sums to 0") {
  const Tensor logits = leaf(random_tensor({1, 40}, 1));
  Tensor shifted = logits.clone();
  for (int64_t v = 0; v < 40; ++v) shifted.mutable_data()[v] += 8;
  const Ids targets({1}, {39});
  const Tensor loss = cross_entropy(logits, targets);
  CHECK(relative_error(cross_entropy(shifted, targets), loss) < (kDouble ? 1e-14 : 1e-6));
  loss.backward();
  double sum = 0;
  for (int64_t v = 0; v < 40; ++v) sum += double(logits.grad().data()[v]);
  CHECK(std::abs(sum) < (kDouble ? 1e-15 : 1e-6));
}

TEST_CASE("cross_entropy: huge and infinite logits stay finite") {
  const real infinity = std::numeric_limits<real>::infinity();
  const Tensor logits = leaf(Tensor({2, 3}, {10'000, -10'000, 9'999, 0, -infinity, 0}));
  const Tensor loss = cross_entropy(logits, Ids({2}, {2, 0}));
  CHECK(loss.item() == doctest::Approx((1 + std::log1p(std::exp(-1.0)) + std::log(2.0)) / 2));
  loss.backward();
  for (const real gradient : logits.grad().values()) CHECK(std::isfinite(gradient));
  CHECK(logits.grad().values()[4] == 0);
}

TEST_CASE("cross_entropy: a small loss keeps its digits") {
  const Tensor sure({1, 3}, {0, 30, 1});
  CHECK(double(cross_entropy(sure, Ids({1}, {1})).item()) ==
        doctest::Approx(std::exp(-30.0) + std::exp(-29.0)).epsilon(1e-6));
  const Tensor equal = Tensor::full({1, 4}, 7);
  CHECK(double(cross_entropy(equal, Ids({1}, {1})).item()) == doctest::Approx(std::log(4.0)));
}

TEST_CASE("cross_entropy: gradients are added to existing ones") {
  const Tensor logits = leaf(random_tensor({4, 7}, 1));
  const Ids targets({4}, {0, -1, 6, 3});
  cross_entropy(logits, targets).backward();
  const Tensor once = logits.grad().clone();
  cross_entropy(logits, targets).backward();
  for (int64_t i = 0; i < 28; ++i) CHECK(logits.grad().data()[i] == doctest::Approx(2 * once.data()[i]));
}

TEST_CASE("cross_entropy: any number of threads gives the same bits") {
  const Ids targets = random_ids({3000}, 2, 37);
  check_threads([&](const std::vector<Tensor>& in) { return std::vector<Tensor>{cross_entropy(in[0], targets)}; },
                {random_tensor({3000, 37}, 1)});
}

TEST_CASE("cross_entropy: errors name wrong arguments") {
  const Tensor logits = Tensor::zeros({2, 3});
  CHECK(error_of([&] {
          cross_entropy(logits, Ids({2}, {0, 3}));
        }) == "cross_entropy: targets has 3 at [1], but there are 3 classes");
  CHECK(error_of([&] {
          cross_entropy(logits, Ids({2}, {-1, -1}));
        }) == "cross_entropy: none of 2 positions counts, but at least one is needed");
}
