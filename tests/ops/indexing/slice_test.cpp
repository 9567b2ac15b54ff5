#include "../../../ops/indexing/slice.h"

#include "../../same_bits.h"
#include "../../testing.h"

using namespace scangrad;

TEST_CASE("slice: a case worked by hand") {
  const Tensor x = leaf(Tensor({2, 3}, {1, 2, 3, 4, 5, 6}));
  const Tensor y = slice(x, 1, 1, 3);
  CHECK(y.shape() == Shape{2, 2});
  CHECK(y.values() == std::vector<real>{2, 3, 5, 6});
  CHECK(slice(x, 0, 1, 2).values() == std::vector<real>{4, 5, 6});
  CHECK(slice(x, -1, 0, 1).values() == std::vector<real>{1, 4});

  backward({y}, {Tensor({2, 2}, {10, 20, 30, 40})});
  CHECK(x.grad().values() == std::vector<real>{0, 10, 20, 0, 30, 40});
  backward({slice(x, 1, 0, 2)}, {Tensor({2, 2}, {1, 2, 3, 4})});
  CHECK(x.grad().values() == std::vector<real>{1, 12, 20, 3, 34, 40});
}

TEST_CASE("slice: gradients equal central differences along every axis") {
  for (const Shape& shape : {Shape{1}, Shape{17}, Shape{3, 5}, Shape{2, 3, 4}, Shape{2, 1, 3, 2}}) {
    const Tensor x = random_tensor(shape, 1);
    for (int axis = 0; axis < shape.rank(); ++axis) {
      for (int64_t begin = 0; begin < shape[axis]; ++begin) {
        for (const int64_t end : {begin + 1, shape[axis]}) {
          const auto f = [=](const std::vector<Tensor>& in) { return slice(in[0], axis, begin, end); };
          CHECK(gradcheck(f, {x}) < kGradTolerance);
        }
      }
    }
  }
}

TEST_CASE("slice: a slice of a slice is a slice") {
  const Tensor x = random_tensor({2, 9, 3}, 1);
  CHECK(same_bits(slice(slice(x, 1, 2, 8), 1, 1, 4), slice(x, 1, 3, 6)));
  CHECK(same_bits(slice(x, 1, 0, 9), x));
}

TEST_CASE("slice: 65,536 slices of one tensor give it the gradients of all") {
  const int64_t T = 65'536;
  const Tensor x = leaf(random_tensor({1, T, 2}, 1));
  std::vector<Tensor> slices, gradients;
  for (int64_t t = 0; t < T; ++t) {
    slices.push_back(slice(x, 1, t, t + 1));
    const real value = static_cast<real>(t);
    gradients.push_back(Tensor({1, 1, 2}, {value, -value}));
  }
  bool equal = true;
  for (int64_t t = 0; t < T; ++t)
    for (int64_t d = 0; d < 2; ++d) equal = equal && slices[size_t(t)].data()[d] == x.data()[2 * t + d];
  CHECK(equal);
  backward(slices, gradients);
  const std::vector<real> dx = x.grad().values();
  for (int64_t t = 0; t < T; ++t)
    equal = equal && dx[size_t(2 * t)] == static_cast<real>(t) && dx[size_t(2 * t + 1)] == -static_cast<real>(t);
  CHECK(equal);
}

TEST_CASE("slice: an empty slice has no elements and gives no gradient") {
  const Tensor x = leaf(Tensor({2}, {1, 2}));
  const Tensor y = slice(x, 0, 1, 1);
  CHECK(y.shape() == Shape{0});
  backward({y}, {Tensor::zeros({0})});
  CHECK(x.grad().values() == std::vector<real>{0, 0});
}

TEST_CASE("slice: errors name wrong ranges") {
  const Tensor x = Tensor::zeros({2, 5, 3});
  CHECK(error_of([&] { slice(x, 1, 3, 9); }) ==
        "slice: range is 3 to 9, but axis 1 of [2, 5, 3] needs one within 0 to 5");
  CHECK(error_of([&] { slice(x, -1, -1, 2); }) ==
        "slice: range is -1 to 2, but axis -1 of [2, 5, 3] needs one within 0 to 3");
  CHECK(error_of([&] { slice(x, 0, 2, 1); }) ==
        "slice: range is 2 to 1, but axis 0 of [2, 5, 3] needs one within 0 to 2");
  CHECK(error_of([&] { slice(x, 3, 0, 1); }) == "shape: axis is 3, but [2, 5, 3] has 3 axes");
  CHECK(error_of([&] { slice(Tensor(), 0, 0, 1); }) == "shape: axis is 0, but [] has 0 axes");
}

TEST_CASE("slice: any number of threads gives the same bits") {
  check_threads(
      [](const std::vector<Tensor>& in) {
        return std::vector<Tensor>{slice(in[0], 1, 7, 93), slice(in[0], 2, 5, 300)};
      },
      {random_tensor({3, 100, 301}, 1)});
}
