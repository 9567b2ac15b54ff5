#include "../../../ops/norms/batch_norm.h"

#include "../../../core/kernels/sums.h"
#include "../../same_bits.h"

using namespace scangrad;

namespace {

// By the statistics of the input itself, and by given ones.
Tensor by_its_own(const std::vector<Tensor>& in) {
  return batch_norm(in[0], in[1], in[2], channel_statistics(in[0]), real(0.1));
}
Tensor by_given(const std::vector<Tensor>& in) {
  const int64_t D = in[1].size(0);
  return batch_norm(in[0], in[1], in[2], {random_tensor({D}, 8), random_tensor({D}, 9, 1, 2)}, real(0.1));
}

}  // namespace

TEST_CASE("batch_norm: a case worked by hand") {
  // One channel of mean 5 and variance (16 + 4 + 4) / 3 = 8; eps 1: s = 3, u = (-4/3, 2/3, 2/3)
  const Tensor x = leaf(Tensor({1, 3, 1}, {1, 7, 7})), w = leaf(Tensor({1}, {3})), b = leaf(Tensor({1}, {1}));
  const ChannelStatistics statistics = channel_statistics(x);
  CHECK(statistics.mean.item() == 5);
  CHECK(statistics.variance.item() == 8);
  const Tensor y = batch_norm(x, w, b, statistics, 1);
  CHECK(relative_error(y, Tensor({1, 3, 1}, {-3, 3, 3})) < 1e-6);

  // db = 4, dw = (-4 + 2 + 4) / 3 = 2/3; dx = (dy - 4/3 - u 2/9) * 3 / 3
  backward({y}, {Tensor({1, 3, 1}, {1, 1, 2})});
  const real ninth = real(1) / 9;
  CHECK(b.grad().item() == 4);
  CHECK(relative_error(w.grad(), Tensor({1}, {6 * ninth})) < 1e-6);
  CHECK(relative_error(x.grad(), Tensor({1, 3, 1}, {-3 * ninth + 8 * ninth / 3, -3 * ninth - 4 * ninth / 3,
                                                    6 * ninth - 4 * ninth / 3})) < 1e-6);

  // Given statistics are constants: dx = dy w / s.
  const Tensor z = leaf(Tensor({2, 1}, {1, 7}));
  const Tensor given = batch_norm(z, w, b, {Tensor({1}, {1}), Tensor({1}, {8})}, 1);
  CHECK(relative_error(given, Tensor({2, 1}, {1, 7})) < 1e-6);
  backward({given}, {Tensor({2, 1}, {1, 2})});
  CHECK(relative_error(z.grad(), Tensor({2, 1}, {1, 2})) < 1e-6);
}

TEST_CASE("batch_norm: gradients equal central differences") {
  for (const Shape& shape : {Shape{2, 1}, Shape{3, 1, 5}, Shape{2, 3, 17}}) {
    const Tensor x = random_tensor(shape, 1), w = random_tensor({shape[-1]}, 2), b = random_tensor({shape[-1]}, 3);
    for (const auto& f : {by_its_own, by_given}) {
      CHECK(gradcheck(f, {x, w, b}) < kGradTolerance);
      CHECK(gradcheck([&](const std::vector<Tensor>& in) { return f({x, w, in[0]}); }, {b}) < kGradTolerance);
    }
  }
  CHECK(gradcheck(by_given, {random_tensor({1, 1}, 1), random_tensor({1}, 2), random_tensor({1}, 3)}) < kGradTolerance);
}

TEST_CASE("batch_norm: channels have mean 0 and variance 1, however large their mean is") {
  const int64_t N = 2 * kRowBlock + 1, D = 3;
  Tensor x = random_tensor({N, D}, 1);
  for (int64_t i = 0; i < N * D; ++i) x.mutable_data()[i] += 1000;
  const Tensor y = batch_norm(x, Tensor::full({D}, 1), Tensor::zeros({D}), channel_statistics(x), 0);
  const ChannelStatistics after = channel_statistics(y);
  for (int64_t d = 0; d < D; ++d) {
    CHECK(std::abs(after.mean.data()[d]) < 1e-3);
    CHECK(std::abs(after.variance.data()[d] - 1) < 1e-3);
  }
}

TEST_CASE("batch_norm: without eps a channel of equal numbers gives the bias and passes no gradient") {
  const Tensor x = leaf(Tensor::full({4, 1}, 3)), w = Tensor::full({1}, 2), b = Tensor::full({1}, 5);
  const Tensor y = batch_norm(x, w, b, channel_statistics(x), 0);
  CHECK(y.values() == std::vector<real>(4, 5));
  backward({y}, {Tensor({4, 1}, {1, 5, 2, 4})});
  CHECK(x.grad().values() == std::vector<real>(4, 0));
}

TEST_CASE("batch_norm: any number of threads gives the same bits") {
  check_threads([](const std::vector<Tensor>& in) { return std::vector<Tensor>{by_its_own(in)}; },
                {random_tensor({3000, 40}, 1), random_tensor({40}, 2), random_tensor({40}, 3)});
}

TEST_CASE("batch_norm: errors name wrong arguments") {
  const Tensor x = Tensor::zeros({2, 3}), w = Tensor::zeros({3}), four = Tensor::zeros({4});
  const ChannelStatistics statistics{w, w};
  CHECK(error_of([&] { channel_statistics(Tensor()); }) ==
        "batch_norm: x has shape [], but statistics need (..., D) with at least two rows");
  CHECK(error_of([&] {
          channel_statistics(Tensor::zeros({1, 1, 3}));
        }) == "batch_norm: x has shape [1, 1, 3], but statistics need (..., D) with at least two rows");
  CHECK(error_of([&] { batch_norm(Tensor(), w, w, statistics); }) ==
        "batch_norm: x has shape [], but (..., D) is needed");
  CHECK(error_of([&] { batch_norm(x, four, w, statistics); }) == "batch_norm: weight has shape [4], but [3] is needed");
  CHECK(error_of([&] { batch_norm(x, w, four, statistics); }) == "batch_norm: bias has shape [4], but [3] is needed");
  CHECK(error_of([&] { batch_norm(x, w, w, {four, w}); }) == "batch_norm: mean has shape [4], but [3] is needed");
  CHECK(error_of([&] { batch_norm(x, w, w, {w, four}); }) == "batch_norm: variance has shape [4], but [3] is needed");
  CHECK(error_of([&] { batch_norm(x, w, w, statistics, -1); }) == "batch_norm: eps is -1, but at least 0 is needed");
}
