#include "../../../ops/indexing/concat.h"

#include "../../../ops/indexing/slice.h"
#include "../../same_bits.h"
#include "../../testing.h"

using namespace scangrad;

TEST_CASE("concat: a case worked by hand") {
  const Tensor a = leaf(Tensor({2, 1}, {1, 2})), b = leaf(Tensor({2, 2}, {3, 4, 5, 6}));
  const Tensor y = concatenate({a, b}, 1);
  CHECK(y.shape() == Shape{2, 3});
  CHECK(y.values() == std::vector<real>{1, 3, 4, 2, 5, 6});
  CHECK(concatenate({b, b}, 0).values() == std::vector<real>{3, 4, 5, 6, 3, 4, 5, 6});

  backward({y}, {Tensor({2, 3}, {1, 2, 3, 4, 5, 6})});
  CHECK(a.grad().values() == std::vector<real>{1, 4});
  CHECK(b.grad().values() == std::vector<real>{2, 3, 5, 6});
  backward({concatenate({b, a, b}, -1)}, {Tensor({2, 5}, {1, 1, 5, 10, 10, 1, 1, 6, 10, 10})});
  CHECK(a.grad().values() == std::vector<real>{6, 10});
  CHECK(b.grad().values() == std::vector<real>{13, 14, 16, 17});
}

TEST_CASE("concat: gradients equal central differences along every axis") {
  for (const Shape& shape : {Shape{1}, Shape{17}, Shape{3, 5}, Shape{2, 3, 4}}) {
    for (int axis = 0; axis < shape.rank(); ++axis) {
      const Tensor a = random_tensor(shape, 1), b = random_tensor(shape.with(axis, 1), 2);
      const auto f = [=](const std::vector<Tensor>& in) { return concatenate({in[0], in[1], in[0]}, axis); };
      CHECK(gradcheck(f, {a, b}) < kGradTolerance);
    }
  }
}

TEST_CASE("concat: concatenated slices give the tensor, and the gradient is complete") {
  const Tensor x = leaf(random_tensor({2, 7, 3}, 1)), dy = random_tensor({2, 7, 3}, 2);
  for (int axis = 0; axis < 3; ++axis) {
    std::vector<Tensor> parts;
    for (int64_t i = 0; i < x.size(axis); ++i) parts.push_back(slice(x, axis, i, i + 1));
    const Tensor y = concatenate(parts, axis);
    CHECK(same_bits(y, x));
    x.zero_grad();
    backward({y}, {dy});
    CHECK(same_bits(x.grad(), dy));
  }
}

TEST_CASE("concat: sixteen thousand tensors are concatenated") {
  std::vector<Tensor> parts;
  for (int64_t t = 0; t < 16'384; ++t) parts.push_back(leaf(Tensor::full({1}, static_cast<real>(t))));
  const Tensor y = concatenate(parts, 0);
  backward({y}, {y.clone()});
  bool equal = true;
  for (int64_t t = 0; t < y.numel(); ++t)
    equal = equal && y.data()[t] == static_cast<real>(t) && parts[size_t(t)].grad().item() == static_cast<real>(t);
  CHECK(equal);
}

TEST_CASE("concat: parts without elements are allowed") {
  const Tensor a = Tensor::zeros({2, 0}), b = random_tensor({2, 3}, 1);
  CHECK(same_bits(concatenate({a, b, a}, 1), b));
}

TEST_CASE("concat: errors name wrong shapes") {
  const Tensor a = Tensor::zeros({2, 4});
  CHECK(error_of([&] { concatenate({}, 0); }) == "concatenate: no tensors are given, but at least one is needed");
  CHECK(error_of([&] {
          concatenate({a, Tensor::zeros({2, 3})}, 0);
        }) == "concatenate: tensor 1 has shape [2, 3], but [2, 4] is needed apart from axis 0");
  CHECK(error_of([&] {
          concatenate({a, a, Tensor::zeros({2, 4, 1})}, 0);
        }) == "concatenate: tensor 2 has shape [2, 4, 1], but [2, 4] is needed apart from axis 0");
  CHECK(error_of([&] { concatenate({a, Tensor()}, 0); }) == "concatenate: tensor 1 is undefined, but all are needed");
  CHECK(error_of([&] { concatenate({a}, 2); }) == "shape: axis is 2, but [2, 4] has 2 axes");
}

TEST_CASE("concat: any number of threads gives the same bits") {
  check_threads(
      [](const std::vector<Tensor>& in) {
        return std::vector<Tensor>{concatenate({in[0], in[1]}, 1)};
      },
      {random_tensor({3, 100, 301}, 1), random_tensor({3, 50, 301}, 2)});
}
