#include "../../../ops/losses/mean_squared_error.h"

#include "../../same_bits.h"

using namespace scangrad;

TEST_CASE("mean_squared_error: a case worked by hand") {
  const Tensor prediction = leaf(Tensor({2, 2}, {1, 2, 3, 4})), target = leaf(Tensor({2, 2}, {1, 0, 6, 5}));
  const Tensor loss = mean_squared_error(prediction, target);
  CHECK(loss.shape() == Shape{});
  CHECK(loss.item() == real(3.5));  // (0 + 4 + 9 + 1) / 4
  loss.backward();
  CHECK(prediction.grad().values() == std::vector<real>{0, 1, real(-1.5), real(-0.5)});
  CHECK(target.grad().values() == std::vector<real>{0, -1, real(1.5), real(0.5)});
}

TEST_CASE("mean_squared_error: gradients equal central differences") {
  for (const Shape& shape : {Shape{1}, Shape{3, 1}, Shape{2, 3, 5}, Shape{1, 17}}) {
    const auto f = [](const std::vector<Tensor>& in) { return mean_squared_error(in[0], in[1]); };
    CHECK(gradcheck(f, {random_tensor(shape, 1), random_tensor(shape, 2)}) < kGradTolerance);
  }
  const Ids mask({2, 3}, {1, 0, 0, 1, 5, 0});
  const auto f = [&](const std::vector<Tensor>& in) { return mean_squared_error(in[0], in[1], mask); };
  CHECK(gradcheck(f, {random_tensor({2, 3, 2}, 1), random_tensor({2, 3, 2}, 2)}) < kGradTolerance);
}

TEST_CASE("mean_squared_error: masked positions do not count, even if they are NaN") {
  const real nan = std::numeric_limits<real>::quiet_NaN();
  const Tensor prediction = leaf(Tensor({3, 1}, {1, nan, 5}));
  const Tensor loss = mean_squared_error(prediction, Tensor({3, 1}, {0, 2, 3}), Ids({3}, {1, 0, 1}));
  CHECK(loss.item() == real(2.5));  // (1 + 4) / 2
  loss.backward();
  CHECK(prediction.grad().values() == std::vector<real>{1, 0, 2});
}

TEST_CASE("mean_squared_error: any number of threads gives the same bits") {
  const Tensor target = random_tensor({5000, 9}, 2);
  check_threads([&](const std::vector<Tensor>& in) { return std::vector<Tensor>{mean_squared_error(in[0], target)}; },
                {random_tensor({5000, 9}, 1)});
}

TEST_CASE("mean_squared_error: errors name wrong arguments") {
  const Tensor x = Tensor::zeros({2, 3});
  CHECK(error_of([&] {
          mean_squared_error(x, Tensor::zeros({2, 4}));
        }) == "mean_squared_error: target has shape [2, 4] but prediction has [2, 3]");
  CHECK(error_of([&] { mean_squared_error(Tensor::zeros({}), Tensor::zeros({})); }) ==
        "mean_squared_error: prediction has shape [], but (..., C) is needed");
  CHECK(error_of([&] {
          mean_squared_error(x, x, Ids({3}, {1, 1, 1}));
        }) == "mean_squared_error: mask has shape [3], but [2] is needed");
  CHECK(error_of([&] {
          mean_squared_error(x, x, Ids({2}, {0, 0}));
        }) == "mean_squared_error: none of 2 positions counts, but at least one is needed");
}

TEST_CASE("mean_squared_error: a mask that is overwritten afterwards changes nothing") {
  const Tensor x = leaf(Tensor({2, 1}, {1, 3}));
  Ids mask({2}, {1, 0});
  const Tensor loss = mean_squared_error(x, Tensor::zeros({2, 1}), mask);
  mask.data()[0] = 0;
  loss.backward();
  CHECK(x.grad().values() == std::vector<real>{2, 0});
}
