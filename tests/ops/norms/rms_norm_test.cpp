#include "../../../ops/norms/rms_norm.h"

#include "../../../ops/arithmetic.h"
#include "../../same_bits.h"

using namespace scangrad;

TEST_CASE("rms_norm: a case worked by hand") {
  // mean(x^2) = (1 + 49) / 2 = 25
  const Tensor x = leaf(Tensor({1, 2}, {1, 7})), w = leaf(Tensor({2}, {5, 10}));
  const Tensor y = rms_norm(x, w, {.eps = 0});
  CHECK(relative_error(y, Tensor({1, 2}, {1, 14})) < 1e-6);

  // u = (0.2, 1.4); g = dy w = (25, 10); mean(g u) = (5 + 14) / 2 = 9.5
  backward({y}, {Tensor({1, 2}, {5, 1})});
  CHECK(relative_error(x.grad(), Tensor({1, 2}, {real(4.62), real(-0.66)})) < 1e-6);  // (25 - 1.9) / 5, (10 - 13.3) / 5
  CHECK(relative_error(w.grad(), Tensor({2}, {1, real(1.4)})) < 1e-6);
}

TEST_CASE("rms_norm: gradients equal central differences") {
  for (const Shape& shape : {Shape{1, 1}, Shape{3, 1, 5}, Shape{2, 17}, Shape{7}}) {
    const Tensor x = random_tensor(shape, 1), w = random_tensor({shape[-1]}, 2);
    for (const RmsNormOptions& options : {RmsNormOptions{.eps = real(0.1)}, {.eps = real(0.01), .offset = 1}}) {
      const auto f = [&](const std::vector<Tensor>& in) { return rms_norm(in[0], in[1], options); };
      CHECK(gradcheck(f, {x, w}) < kGradTolerance);
      CHECK(gradcheck([&](const std::vector<Tensor>& in) { return f({x, in[0]}); }, {w}) < kGradTolerance);
      CHECK(gradcheck([&](const std::vector<Tensor>& in) { return f({in[0], w}); }, {x}) < kGradTolerance);
    }
  }
}

TEST_CASE("rms_norm: equals the released code's form, x / |x| * sqrt(D) * (gamma + 1)") {
  const int64_t N = 3, D = 21;
  const Tensor x = random_tensor({N, D}, 1), gamma = random_tensor({D}, 2);
  Tensor expected({N, D});
  for (int64_t n = 0; n < N; ++n) {
    double squares = 0;
    for (int64_t d = 0; d < D; ++d) squares += std::pow(double(x.data()[n * D + d]), 2);
    for (int64_t d = 0; d < D; ++d)
      expected.mutable_data()[n * D + d] = static_cast<real>(double(x.data()[n * D + d]) / std::sqrt(squares) *
                                                             std::sqrt(double(D)) * (double(gamma.data()[d]) + 1));
  }
  CHECK(relative_error(rms_norm(x, gamma, {.eps = 0, .offset = 1}), expected) < (kDouble ? 1e-14 : 1e-6));
}

TEST_CASE("rms_norm: without eps the scale of a row does not matter, and its gradient is orthogonal to it") {
  const int64_t D = 16;
  const Tensor x = leaf(random_tensor({1, D}, 1)), w = random_tensor({D}, 2);
  Tensor scaled = x.clone();
  for (int64_t d = 0; d < D; ++d) scaled.mutable_data()[d] *= 1024;
  const Tensor y = rms_norm(x, w, {.eps = 0});
  CHECK(relative_error(rms_norm(scaled, w, {.eps = 0}), y) < 1e-6);
  backward({y}, {random_tensor({1, D}, 3)});
  double dot = 0;
  for (int64_t d = 0; d < D; ++d) dot += double(x.data()[d]) * double(x.grad().data()[d]);
  CHECK(std::abs(dot) < (kDouble ? 1e-14 : 1e-5));
}

TEST_CASE("rms_norm: without eps a row of zeros gives zeros and passes no gradient") {
  const Tensor x = leaf(Tensor::zeros({2, 3})), w = leaf(Tensor::full({3}, 2));
  const Tensor y = rms_norm(x, w, {.eps = 0});
  backward({y}, {Tensor::full({2, 3}, 1)});
  CHECK(y.values() == std::vector<real>(6, 0));
  CHECK(x.grad().values() == std::vector<real>(6, 0));
  CHECK(w.grad().values() == std::vector<real>(3, 0));
}

TEST_CASE("rms_norm: eps is added to the mean of the squares") {
  const Tensor y = rms_norm(Tensor({1, 2}, {1, -1}), Tensor::full({2}, 6), {.eps = 3});
  CHECK(y.values() == std::vector<real>{3, -3});  // 6 / sqrt(1 + 3)
}

TEST_CASE("rms_norm: rows whose squares overflow or underflow are normalized") {
  const Tensor w = random_tensor({37}, 2), up = random_tensor({4, 37}, 3);
  const auto run = [&](const Tensor& values) {
    const Tensor x = leaf(values);
    const Tensor y = rms_norm(x, w, {.eps = 0});
    backward({y}, {up});
    return std::pair(y, x.grad());
  };
  const auto [y, dx] = run(random_tensor({4, 37}, 1));
  for (const int exponent : kDouble ? std::vector{1020, 600, -600, -900} : std::vector{125, 80, -80, -120}) {
    const auto power = std::ldexp(real(1), exponent);
    const auto [scaled_y, scaled_dx] = run(scale(random_tensor({4, 37}, 1), power));
    CHECK(relative_error(scaled_y, y) < (kDouble ? 1e-15 : 1e-6));
    CHECK(relative_error(scale(scaled_dx, power), dx) < (kDouble ? 1e-13 : 1e-5));
  }
}

TEST_CASE("rms_norm: any number of threads gives the same bits") {
  check_threads([](const std::vector<Tensor>& in) { return std::vector<Tensor>{rms_norm(in[0], in[1])}; },
                {random_tensor({3000, 40}, 1), random_tensor({40}, 2)});
}

TEST_CASE("rms_norm: errors name wrong arguments") {
  const Tensor x = Tensor::zeros({2, 3}), w = Tensor::zeros({3});
  CHECK(error_of([&] { rms_norm(Tensor(), w); }) == "rms_norm: x has shape [], but (..., D) is needed");
  CHECK(error_of([&] { rms_norm(x, Tensor::zeros({4})); }) == "rms_norm: weight has shape [4], but [3] is needed");
  CHECK(error_of([&] { rms_norm(x, w, {.eps = -1}); }) == "rms_norm: eps is -1, but at least 0 is needed");
}
