#include "../../../ops/losses/linear_cross_entropy.h"

#include "../../../core/memory.h"
#include "../../../ops/affine.h"
#include "../../../ops/losses/accuracy.h"
#include "../../../ops/losses/cross_entropy.h"
#include "../../same_bits.h"

using namespace scangrad;

TEST_CASE("linear_cross_entropy: a case worked by hand") {
  // Logits 0 and log 3 for the first row, 5 and 5 for the second: the targets have 3/4 and 1/2.
  const Tensor x = leaf(Tensor({2, 1}, {1, 1})), weight = leaf(Tensor({2, 1}, {0, std::log(real(3))}));
  const auto [loss, right] = linear_cross_entropy(x, weight, Ids({2}, {1, 1}));
  CHECK(loss.item() == doctest::Approx(-std::log(0.75)));
  CHECK(right == 1);
  loss.backward();
  CHECK(relative_error(weight.grad(), Tensor({2, 1}, {real(0.25), real(-0.25)})) < 1e-6);
}

TEST_CASE("linear_cross_entropy: gradients equal central differences for any block size") {
  const Ids targets({2, 3}, {0, 4, 2, -1, 1, 3});
  const TargetOptions options{.mask = Ids({2, 3}, {1, 1, 0, 1, 1, 1})};
  for (const int64_t block : {1, 10, 1000}) {
    const auto f = [&](const std::vector<Tensor>& in) {
      return linear_cross_entropy(in[0], in[1], targets, options, block).loss;
    };
    CHECK(gradcheck(f, {random_tensor({2, 3, 7}, 1), random_tensor({5, 7}, 2)}) < kGradTolerance);
  }
}

TEST_CASE("linear_cross_entropy: equals a head followed by cross_entropy") {
  const Tensor x = leaf(random_tensor({70, 9}, 1)), weight = leaf(random_tensor({33, 9}, 2));
  const Tensor x2 = leaf(x.clone()), weight2 = leaf(weight.clone());
  Ids targets = random_ids({70}, 3, 33);
  std::fill_n(targets.data() + 5, 30, -1);  // not as many positions count in each block
  const auto [loss, right] = linear_cross_entropy(x, weight, targets, {}, 33 * 16);
  const Tensor logits = affine(x2, weight2), plain = cross_entropy(logits, targets);
  const double tolerance = kDouble ? 1e-13 : 2e-6;
  CHECK(relative_error(loss, plain) < tolerance);
  CHECK(right == doctest::Approx(accuracy(logits, targets)));
  backward({loss}, {Tensor::full(Shape{}, 3)});
  backward({plain}, {Tensor::full(Shape{}, 3)});
  CHECK(relative_error(x.grad(), x2.grad()) < tolerance);
  CHECK(relative_error(weight.grad(), weight2.grad()) < tolerance);
}

TEST_CASE("linear_cross_entropy: does not overwrite an input that another op saved") {
  const Tensor x = leaf(random_tensor({4, 3}, 1)), weight = leaf(random_tensor({5, 3}, 2));
  const Tensor other = affine(x, weight);
  const Tensor loss = linear_cross_entropy(x, weight, Ids({4}, {0, 1, 2, 3})).loss;
  CHECK(error_of([&] { backward({loss, other}, {Tensor(), random_tensor({4, 5}, 3)}); }) == "(no error)");
}

TEST_CASE("linear_cross_entropy: the whole logits are never in memory") {
  const int64_t N = 512, V = 4096, D = 4;
  const Tensor x = leaf(random_tensor({N, D}, 1)), weight = leaf(random_tensor({V, D}, 2));
  const Ids targets = random_ids({N}, 3, V);
  reset_peak_memory();
  const int64_t before = memory_stats().live;
  linear_cross_entropy(x, weight, targets, {}, V * 16).loss.backward();
  CHECK(memory_stats().peak - before < N * V * int64_t(sizeof(real)) / 8);
}

TEST_CASE("linear_cross_entropy: errors name wrong shapes") {
  const Tensor x = Tensor::zeros({2, 3}), weight = Tensor::zeros({5, 4});
  CHECK(error_of([&] {
          linear_cross_entropy(x, weight, Ids({2}, {0, 0}));
        }) == "linear_cross_entropy: x has shape [2, 3], but (..., 4) is needed");
  CHECK(error_of([&] {
          linear_cross_entropy(x, Tensor::zeros({5, 3}), Ids({2}, {0, 5}));
        }) == "linear_cross_entropy: targets has 5 at [1], but there are 5 classes");
}

TEST_CASE("linear_cross_entropy: any number of threads gives the same bits") {
  const Ids targets = random_ids({300}, 3, 200);
  check_threads(
      [&](const std::vector<Tensor>& in) {
        return std::vector<Tensor>{linear_cross_entropy(in[0], in[1], targets, {}, 7000).loss};
      },
      {random_tensor({300, 50}, 1), random_tensor({200, 50}, 2)});
}
