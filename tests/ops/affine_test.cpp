#include "../../ops/affine.h"

#include "../../core/kernels/gemm.h"
#include "../../ops/activations.h"
#include "../same_bits.h"

using namespace scangrad;

namespace {

Tensor affine_of(const std::vector<Tensor>& in) {
  return affine(in[0], in[1], in[2]);
}

// The rows begin ... end - 1 of x (N, D).
Tensor rows_of(const Tensor& x, int64_t begin, int64_t end) {
  const int64_t D = x.size(1);
  return Tensor({end - begin, D}, {x.data() + begin * D, x.data() + end * D});
}

}  // namespace

TEST_CASE("affine: a case worked by hand") {
  const Tensor x = leaf(Tensor({2, 2}, {1, 2, 3, 4}));
  const Tensor w = leaf(Tensor({3, 2}, {1, 0, 0, 1, 1, -1})), b = leaf(Tensor({3}, {10, 20, 30}));
  const Tensor y = affine(x, w, b);
  CHECK(y.values() == std::vector<real>{11, 22, 29, 13, 24, 29});

  backward({y}, {Tensor({2, 3}, {1, 2, 3, 4, 5, 6})});
  CHECK(x.grad().values() == std::vector<real>{1 + 3, 2 - 3, 4 + 6, 5 - 6});
  CHECK(w.grad().values() == std::vector<real>{1 + 12, 2 + 16, 2 + 15, 4 + 20, 3 + 18, 6 + 24});
  CHECK(b.grad().values() == std::vector<real>{5, 7, 9});
}

TEST_CASE("affine: gradients equal central differences") {
  for (const auto& [N, I, O] : {std::array<int64_t, 3>{1, 1, 1}, {3, 5, 1}, {1, 3, 17}, {19, 2, 3}}) {
    const Tensor x = random_tensor({N, I}, 1), w = random_tensor({O, I}, 2), b = random_tensor({O}, 3);
    CHECK(gradcheck(affine_of, {x, w, b}) < kGradTolerance);
    CHECK(gradcheck(affine_of, {x, w, Tensor()}) < kGradTolerance);
    CHECK(gradcheck([&](const std::vector<Tensor>& in) { return affine(x, w, in[0]); }, {b}) < kGradTolerance);
    CHECK(gradcheck([&](const std::vector<Tensor>& in) { return affine(in[0], w, b); }, {x}) < kGradTolerance);
  }
}

TEST_CASE("affine: all leading axes count as rows") {
  const Tensor x = random_tensor({2, 3, 4, 5}, 1), w = random_tensor({6, 5}, 2), b = random_tensor({6}, 3);
  const Tensor y = affine(x, w, b);
  CHECK(y.shape() == Shape{2, 3, 4, 6});
  CHECK(same_bits(y.reshape({24, 6}), affine(x.reshape({24, 5}), w, b)));
  CHECK(affine(x.reshape({24, 5}), w).shape() == Shape{24, 6});
  CHECK(affine(Tensor({5}, {1, 2, 3, 4, 5}), w).shape() == Shape{6});
}

TEST_CASE("affine: equals the plain product, results and gradients, in blocks of rows too") {
  for (const int64_t N : {1, 8, 9, 700, 5000}) {
    const int64_t I = 37, O = 50;
    const Tensor x = leaf(random_tensor({N, I}, 1)), w = leaf(random_tensor({O, I}, 2));
    const Tensor b = leaf(random_tensor({O}, 3)), dy = random_tensor({N, O}, 4);
    const Tensor y = affine(x, w, b);
    backward({y}, {dy});

    Tensor plain({N, O}), dx({N, I}), dw({O, I}), ones = Tensor::full({1, N}, 1), db({1, O});
    for (int64_t n = 0; n < N; ++n) std::copy_n(b.data(), O, plain.mutable_data() + n * O);
    const Matrix dy_rows = matrix(dy.data(), N, O), x_rows = matrix(x.data(), N, I), w_rows = matrix(w.data(), O, I);
    plain_gemm(plain.mutable_data(), O, x_rows, transposed(w_rows), true);
    plain_gemm(dx.mutable_data(), I, dy_rows, w_rows, false);
    plain_gemm(dw.mutable_data(), I, transposed(dy_rows), x_rows, false);
    plain_gemm(db.mutable_data(), O, matrix(ones.data(), 1, N), dy_rows, false);
    const double tolerance = kDouble ? 1e-13 : 2e-5;
    CHECK(relative_error(y, plain) < tolerance);
    CHECK(relative_error(x.grad(), dx) < tolerance);
    CHECK(relative_error(w.grad(), dw) < tolerance);
    CHECK(relative_error(b.grad(), db.reshape({O})) < tolerance);
  }
}

TEST_CASE("affine: gradients are added to existing ones") {
  const int64_t N = 5000;
  const Tensor x = leaf(random_tensor({N, 4}, 1)), w = leaf(random_tensor({3, 4}, 2)), b = leaf(random_tensor({3}, 3));
  const Tensor dy = random_tensor({N, 3}, 4);
  backward({affine(x, w, b)}, {dy});
  const Tensor dx = x.grad().clone(), dw = w.grad().clone(), db = b.grad().clone();
  backward({affine(x, w, b)}, {dy});
  const auto doubled = [](const Tensor& grad, const Tensor& once) {
    Tensor twice = once.clone();
    for (int64_t i = 0; i < twice.numel(); ++i) twice.mutable_data()[i] *= 2;
    return relative_error(grad, twice);
  };
  CHECK(doubled(x.grad(), dx) < 1e-6);
  CHECK(doubled(w.grad(), dw) < 1e-6);
  CHECK(doubled(b.grad(), db) < 1e-6);
}

TEST_CASE("affine: any number of threads gives the same bits, and a row does not depend on the others") {
  const int64_t N = 8 * 512 + 300;
  const Tensor x = random_tensor({N, 33}, 1), w = random_tensor({70, 33}, 2), b = random_tensor({70}, 3);
  check_threads([](const std::vector<Tensor>& in) { return std::vector<Tensor>{affine_of(in)}; }, {x, w, b});
  const Tensor whole = affine(x, w, b);
  for (const int64_t end : {9, 100, 1000}) CHECK(same_bits(affine(rows_of(x, 0, end), w, b), rows_of(whole, 0, end)));
}

TEST_CASE("affine: a long inner size gives the same bits for any number of threads") {
  if (gemm_description() == "plain loops") return;     // never cut, and slow
  const int64_t N = 4 * 512, I = kLongInner, O = 130;  // so that blocks of rows would be cut along I but not the whole
  Tensor x({N, I}), w({O, I});
  const auto fill = [](Tensor& t, int64_t factor) {
    real* const to = t.mutable_data();
    for (int64_t i = 0; i < t.numel(); ++i) to[i] = static_cast<real>(i * factor % 1009 - 504) / 504;
  };
  fill(x, 7919);
  fill(w, 7907);
  check_threads([&] { return std::vector<Tensor>{affine(x, w)}; });
}

TEST_CASE("affine: no channels on one side give zeros on the other, for any number of rows") {
  const WithThreads one(1);
  for (const int64_t N : {3, 4096}) {
    const Tensor b = random_tensor({3}, 1);
    const Tensor y = affine(Tensor({N, 0}), Tensor({3, 0}), b);
    for (int64_t i = 0; i < y.numel(); ++i) REQUIRE(y.data()[i] == b.data()[i % 3]);
    const Tensor x = leaf(random_tensor({N, 3}, 2));
    backward({affine(x, Tensor({0, 3}))}, {Tensor({N, 0})});
    CHECK(x.grad().values() == std::vector<real>(static_cast<size_t>(3 * N), 0));
  }
}

TEST_CASE("affine: no rows give no rows, and gradients of 0") {
  const Tensor x = leaf(Tensor({0, 3})), w = leaf(random_tensor({2, 3}, 1)), b = leaf(random_tensor({2}, 2));
  const Tensor y = affine(x, w, b);
  CHECK(y.shape() == Shape{0, 2});
  backward({y}, {Tensor({0, 2})});
  CHECK(w.grad().values() == std::vector<real>(6, 0));
  CHECK(b.grad().values() == std::vector<real>(2, 0));
}

TEST_CASE("affine: errors name wrong shapes") {
  const Tensor x = Tensor::zeros({2, 3}), w = Tensor::zeros({4, 3});
  CHECK(error_of([&] { affine(x, Tensor::zeros({4})); }) == "affine: weight has shape [4], but (O, I) is needed");
  CHECK(error_of([&] {
          affine(Tensor::zeros({2, 5}), w);
        }) == "affine: x has shape [2, 5], but weight has [4, 3] and needs (..., 3)");
  CHECK(error_of([&] { affine(Tensor(), w); }) == "affine: x has shape [], but weight has [4, 3] and needs (..., 3)");
  CHECK(error_of([&] { affine(x, w, Tensor::zeros({3})); }) == "affine: bias has shape [3], but [4] is needed");
}
