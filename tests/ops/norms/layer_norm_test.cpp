#include "../../../ops/norms/layer_norm.h"

#include "../../../ops/arithmetic.h"
#include "../../same_bits.h"

using namespace scangrad;

namespace {

Tensor layer_norm_of(const std::vector<Tensor>& in) {
  return layer_norm(in[0], in[1], in[2], real(0.1));
}

}  // namespace

TEST_CASE("layer_norm: a case worked by hand") {
  // mean 5, variance ((-4)^2 + 2^2 + 2^2) / 3 = 8, and eps 1: s = 3, u = (-4/3, 2/3, 2/3)
  const Tensor x = leaf(Tensor({1, 3}, {1, 7, 7})), w = leaf(Tensor({3}, {3, 6, 9})), b = leaf(Tensor({3}, {1, 2, 3}));
  const Tensor y = layer_norm(x, w, b, 1);
  CHECK(relative_error(y, Tensor({1, 3}, {-3, 6, 9})) < 1e-6);

  // g = dy w = (3, 6, 18): mean(g) = 9, mean(g u) = (-4 + 4 + 12) / 3 = 4
  backward({y}, {Tensor({1, 3}, {1, 1, 2})});
  const real third = real(1) / 3;
  CHECK(relative_error(x.grad(), Tensor({1, 3}, {(-6 + 16 * third) * third, (-3 - 8 * third) * third,
                                                 (9 - 8 * third) * third})) < 1e-6);
  CHECK(relative_error(w.grad(), Tensor({3}, {-4 * third, 2 * third, 4 * third})) < 1e-6);
  CHECK(b.grad().values() == std::vector<real>{1, 1, 2});
}

TEST_CASE("layer_norm: gradients equal central differences") {
  for (const Shape& shape : {Shape{1, 1}, Shape{3, 1, 5}, Shape{2, 17}, Shape{7}}) {
    const Tensor x = random_tensor(shape, 1), w = random_tensor({shape[-1]}, 2), b = random_tensor({shape[-1]}, 3);
    CHECK(gradcheck(layer_norm_of, {x, w, b}) < kGradTolerance);
    CHECK(gradcheck(layer_norm_of, {x, w, Tensor()}) < kGradTolerance);
    CHECK(gradcheck([&](const std::vector<Tensor>& in) { return layer_norm(x, w, in[0]); }, {b}) < kGradTolerance);
  }
}

TEST_CASE("layer_norm: rows have mean 0 and variance 1, however large their mean is") {
  const int64_t D = 64;
  Tensor x = random_tensor({2, D}, 1);
  for (int64_t i = 0; i < 2 * D; ++i) x.mutable_data()[i] += 1000;
  const Tensor y = layer_norm(x, Tensor::full({D}, 1), {}, 0);
  for (int64_t n = 0; n < 2; ++n) {
    double sum = 0, squares = 0;
    for (int64_t d = 0; d < D; ++d) {
      sum += double(y.data()[n * D + d]);
      squares += std::pow(double(y.data()[n * D + d]), 2);
    }
    CHECK(std::abs(sum / D) < 1e-3);
    CHECK(std::abs(squares / D - 1) < 1e-3);
  }
}

TEST_CASE("layer_norm: without eps a row of equal numbers gives the bias and passes no gradient") {
  const Tensor x = leaf(Tensor::full({1, 4}, 3)), w = Tensor::full({4}, 2), b = Tensor({4}, {1, 2, 3, 4});
  const Tensor y = layer_norm(x, w, b, 0);
  CHECK(y.values() == b.values());
  backward({y}, {Tensor({1, 4}, {1, 5, 2, 4})});
  CHECK(x.grad().values() == std::vector<real>(4, 0));
}

TEST_CASE(
    "layer_norm: the mean of equal numbers is exact, and rows whose squares overflow or underflow are normalized") {
  const Tensor w = Tensor::full({37}, 1);
  CHECK(layer_norm(Tensor::full({1, 37}, real(0.1)), w, {}, 0).values() == std::vector<real>(37, 0));
  const Tensor y = layer_norm(random_tensor({4, 37}, 1), w, {}, 0);
  for (const int exponent : kDouble ? std::vector{1020, 600, -900} : std::vector{125, 80, -110}) {
    const Tensor x = scale(random_tensor({4, 37}, 1), std::ldexp(real(1), exponent));
    CHECK(relative_error(layer_norm(x, w, {}, 0), y) < (kDouble ? 1e-14 : 1e-6));
  }
}

TEST_CASE("layer_norm: any number of threads gives the same bits") {
  check_threads([](const std::vector<Tensor>& in) { return std::vector<Tensor>{layer_norm_of(in)}; },
                {random_tensor({3000, 40}, 1), random_tensor({40}, 2), random_tensor({40}, 3)});
}

TEST_CASE("layer_norm: errors name wrong arguments") {
  const Tensor x = Tensor::zeros({2, 3}), w = Tensor::zeros({3});
  CHECK(error_of([&] { layer_norm(Tensor(), w); }) == "layer_norm: x has shape [], but (..., D) is needed");
  CHECK(error_of([&] { layer_norm(x, Tensor::zeros({4})); }) == "layer_norm: weight has shape [4], but [3] is needed");
  CHECK(error_of([&] { layer_norm(x, w, Tensor::zeros({1})); }) == "layer_norm: bias has shape [1], but [3] is needed");
  CHECK(error_of([&] { layer_norm(x, w, w, -1); }) == "layer_norm: eps is -1, but at least 0 is needed");
}
