#include "../../ops/arithmetic.h"

#include "../same_bits.h"

using namespace scangrad;

namespace {

using Op = Tensor (*)(const Tensor&, const Tensor&);

// b repeated to the shape of a, which it has the last axes of.
Tensor repeated(const Tensor& b, const Shape& shape) {
  Tensor result(shape);
  for (int64_t i = 0; i < result.numel(); ++i) result.mutable_data()[i] = b.data()[i % b.numel()];
  return result;
}

struct ShapePair {
  Shape a, b;
};
const std::vector<ShapePair> kShapes = {{{}, {}},      {{1}, {1}},          {{17}, {17}},      {{2, 3, 5}, {2, 3, 5}},
                                        {{3, 5}, {5}}, {{2, 3, 5}, {3, 5}}, {{7}, {}},         {{5, 1}, {1}},
                                        {{1, 4}, {4}}, {{100, 3}, {3}},     {{3, 300}, {300}}, {{2, 70}, {70}}};

}  // namespace

TEST_CASE("arithmetic: cases worked by hand") {
  const Tensor a = leaf(Tensor({2}, {3, 5})), b = leaf(Tensor({2}, {2, 7}));
  CHECK(add(a, b).values() == std::vector<real>{5, 12});
  CHECK(subtract(a, b).values() == std::vector<real>{1, -2});
  CHECK(scale(a, real(-0.5)).values() == std::vector<real>{real(-1.5), real(-2.5)});
  const Tensor product = multiply(a, b);
  CHECK(product.values() == std::vector<real>{6, 35});
  backward({product}, {Tensor({2}, {1, 10})});
  CHECK(a.grad().values() == std::vector<real>{2, 70});
  CHECK(b.grad().values() == std::vector<real>{3, 50});
}

TEST_CASE("arithmetic: a smaller b serves every row and its gradient is the sum over them") {
  const Tensor a = leaf(Tensor({3, 2}, {1, 2, 3, 4, 5, 6})), b = leaf(Tensor({2}, {10, 100}));
  CHECK(add(a, b).values() == std::vector<real>{11, 102, 13, 104, 15, 106});
  CHECK(subtract(a, b).values() == std::vector<real>{-9, -98, -7, -96, -5, -94});
  const Tensor product = multiply(a, b);
  CHECK(product.values() == std::vector<real>{10, 200, 30, 400, 50, 600});
  backward({product}, {Tensor({3, 2}, {1, 2, 3, 4, 5, 6})});
  CHECK(a.grad().values() == std::vector<real>{10, 200, 30, 400, 50, 600});
  CHECK(b.grad().values() == std::vector<real>{1 + 9 + 25, 4 + 16 + 36});
}

TEST_CASE("arithmetic: gradients equal central differences") {
  for (const auto& [shape, row] : kShapes) {
    const Tensor a = random_tensor(shape, 1), b = random_tensor(row, 2);
    for (const Op op : {add, subtract, multiply}) {
      const auto f = [op](const std::vector<Tensor>& in) { return op(in[0], in[1]); };
      CHECK(gradcheck(f, {a, b}) < kGradTolerance);
      const auto twice = [op](const std::vector<Tensor>& in) { return op(op(in[0], in[1]), in[1]); };
      CHECK(gradcheck(twice, {a, b}) < kGradTolerance);
    }
    CHECK(gradcheck([](const std::vector<Tensor>& in) { return scale(in[0], 3); }, {a}) < kGradTolerance);
    const auto same = [](const std::vector<Tensor>& in) { return add(multiply(in[0], in[0]), in[0]); };
    CHECK(gradcheck(same, {a}) < kGradTolerance);
  }
}

TEST_CASE("arithmetic: a smaller b gives what a repeated b gives") {
  for (const auto& [shape, row] : kShapes) {
    const Tensor a = random_tensor(shape, 1), b = random_tensor(row, 2);
    for (const Op op : {add, subtract, multiply}) CHECK(same_bits(op(a, b), op(a, repeated(b, shape))));
  }
}

TEST_CASE("arithmetic: a product keeps only what a gradient needs") {
  Tensor a = leaf(random_tensor({3}, 1)), b = random_tensor({3}, 2);
  const Tensor product = multiply(a, b);
  a.copy_from(b);  // the gradient of b is not wanted, so a is free to change
  backward({product}, {Tensor::full({3}, 1)});
  CHECK(same_bits(a.grad(), b));
  const Tensor second = multiply(a, b);
  b.copy_from(a);
  CHECK(error_of([&] { backward({second}, {Tensor::full({3}, 1)}); }) ==
        "backward: a tensor of shape [3] was overwritten after an op saved it");
}

TEST_CASE("arithmetic: any number of threads gives the same bits") {
  for (const Op op : {add, subtract, multiply})
    check_threads([op](const std::vector<Tensor>& in) { return std::vector<Tensor>{op(in[0], in[1])}; },
                  {random_tensor({501, 203}, 1), random_tensor({203}, 2)});
}

TEST_CASE("arithmetic: empty tensors pass through") {
  for (const Op op : {add, subtract, multiply}) {
    const Tensor a = leaf(Tensor::zeros({0, 3})), b = leaf(Tensor({3}, {1, 2, 3}));
    const Tensor y = op(a, b);
    CHECK(y.shape() == Shape{0, 3});
    backward({y}, {Tensor::zeros({0, 3})});
    CHECK(b.grad().numel() == 3);
    for (const real g : b.grad().values()) CHECK(g == 0);
  }
}

TEST_CASE("arithmetic: errors name wrong shapes") {
  const Tensor a = Tensor::zeros({2, 3});
  CHECK(error_of([&] { add(a, Tensor::zeros({2})); }) ==
        "add: b has shape [2], but [2, 3] or its last axes are needed");
  CHECK(error_of([&] { subtract(Tensor::zeros({3}), a); }) ==
        "subtract: b has shape [2, 3], but [3] or its last axes are needed");
  CHECK(error_of([&] { multiply(a, Tensor()); }) == "multiply: b is undefined, but a tensor is needed");
  CHECK(error_of([&] { multiply(Tensor(), a); }) == "multiply: a is undefined, but a tensor is needed");
  CHECK(error_of([&] { scale(Tensor(), 1); }) == "scale: x is undefined, but a tensor is needed");
}
