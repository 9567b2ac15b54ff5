#include "../../ops/reduce.h"

#include "../same_bits.h"

using namespace scangrad;

TEST_CASE("reduce: cases worked by hand") {
  const Tensor x = leaf(Tensor({2, 3}, {1, 2, 3, 4, 5, 6}));
  CHECK(sum(x).shape() == Shape{});
  CHECK(sum(x).item() == 21);
  CHECK(mean(x).item() == real(3.5));
  CHECK(sum(x, 0).values() == std::vector<real>{5, 7, 9});
  CHECK(sum(x, 1).values() == std::vector<real>{6, 15});
  CHECK(sum(x, -1).shape() == Shape{2});

  backward({mean(x)}, {Tensor(Shape{}, {12})});
  CHECK(x.grad().values() == std::vector<real>{2, 2, 2, 2, 2, 2});
  backward({sum(x, 0)}, {Tensor({3}, {10, 20, 30})});
  CHECK(x.grad().values() == std::vector<real>{12, 22, 32, 12, 22, 32});
  backward({sum(x, 1)}, {Tensor({2}, {100, 200})});
  CHECK(x.grad().values() == std::vector<real>{112, 122, 132, 212, 222, 232});
}

TEST_CASE("reduce: gradients equal central differences") {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{17}, Shape{2, 3, 5}, Shape{3, 70}, Shape{70, 3}}) {
    const Tensor x = random_tensor(shape, 1);
    CHECK(gradcheck([](const std::vector<Tensor>& in) { return sum(in[0]); }, {x}) < kGradTolerance);
    CHECK(gradcheck([](const std::vector<Tensor>& in) { return mean(in[0]); }, {x}) < kGradTolerance);
    for (int axis = -shape.rank(); axis < shape.rank(); ++axis)
      CHECK(gradcheck([axis](const std::vector<Tensor>& in) { return sum(in[0], axis); }, {x}) < kGradTolerance);
  }
}

TEST_CASE("reduce: summing axis by axis gives the whole sum") {
  Tensor x({3, 4, 5});
  for (int64_t i = 0; i < x.numel(); ++i) x.mutable_data()[i] = static_cast<real>(i);
  for (int first = 0; first < 3; ++first)
    for (int second = 0; second < 2; ++second) CHECK(sum(sum(sum(x, first), second), 0).item() == 59 * 60 / 2);
  CHECK(sum(x).item() == 59 * 60 / 2);
}

TEST_CASE("reduce: the mean of a hundred thousand equal numbers is that number") {
  const real exact = real(0.1), got = mean(Tensor::full({100'003}, exact)).item();
  CHECK(std::abs(got - exact) <= (kDouble ? 1e-14 : 0));
}

TEST_CASE("reduce: any number of threads gives the same bits") {
  const auto f = [](const std::vector<Tensor>& in) {
    return std::vector<Tensor>{sum(in[0]), mean(in[0]), sum(in[0], 0), sum(in[0], 1)};
  };
  check_threads(f, {random_tensor({401, 257}, 1)});
}

TEST_CASE("reduce: the sum of nothing is 0") {
  CHECK(sum(Tensor::zeros({0, 3})).item() == 0);
  CHECK(sum(Tensor::zeros({0, 3}), 0).values() == std::vector<real>{0, 0, 0});
  CHECK(sum(Tensor::zeros({0, 3}), 1).shape() == Shape{0});
}

TEST_CASE("reduce: errors name wrong arguments") {
  CHECK(error_of([] {
          mean(Tensor::zeros({0, 3}));
        }) == "mean: x has shape [0, 3], but at least one element is needed");
  CHECK(error_of([] { sum(Tensor::zeros({2, 5}), 2); }) == "shape: axis is 2, but [2, 5] has 2 axes");
  CHECK(error_of([] { sum(Tensor()); }) == "sum: x is undefined, but a tensor is needed");
  CHECK(error_of([] { sum(Tensor(), 0); }) == "shape: axis is 0, but [] has 0 axes");
}
