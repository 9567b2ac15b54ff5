#include "../../../core/kernels/sums.h"

#include "../../same_bits.h"

using namespace scangrad;

namespace {

// The sum over the middle axis of x (outer, length, inner).
Tensor sum_middle(const Tensor& x, int64_t outer, int64_t length, int64_t inner) {
  Tensor y({outer, inner});
  sum_axis(Sink{y.mutable_data()}, outer, length, inner, [p = x.data()](int64_t i) { return p[i]; });
  return y;
}

Tensor plain_sum_middle(const Tensor& x, int64_t outer, int64_t length, int64_t inner) {
  Tensor y({outer, inner});
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t j = 0; j < inner; ++j) {
      double sum = 0;
      for (int64_t s = 0; s < length; ++s) sum += double(x.data()[(o * length + s) * inner + j]);
      y.mutable_data()[o * inner + j] = static_cast<real>(sum);
    }
  }
  return y;
}

}  // namespace

TEST_CASE("sums: whole numbers are summed exactly, whatever the blocks") {
  for (const int64_t inner : {1, 2, 3, 31, 63, 64, 65, 256, 257, 600}) {
    for (const int64_t length : {1, 2, 63, 64, 65, 300}) {
      for (const int64_t outer : {1, 3}) {
        Tensor x({outer, length, inner});
        for (int64_t i = 0; i < x.numel(); ++i) x.mutable_data()[i] = static_cast<real>(i % 7 - 2);
        CHECK(same_bits(sum_middle(x, outer, length, inner), plain_sum_middle(x, outer, length, inner)));
      }
    }
  }
}

TEST_CASE("sums: blocks whose sums are summed again lose nothing") {
  for (const Shape& shape : {Shape{1, 40'001, 1}, Shape{2, 20'000, 3}, Shape{1, 1000, 70}, Shape{1, 300, 300}}) {
    const Tensor x = random_tensor(shape, 1);
    CHECK(relative_error(sum_middle(x, shape[0], shape[1], shape[2]),
                         plain_sum_middle(x, shape[0], shape[1], shape[2])) < (kDouble ? 1e-13 : 1e-7));
  }
}

TEST_CASE("sums: a sum adds to what its sink holds, and writes nothing into a null sink") {
  Tensor y({2}, {10, 20});
  const Tensor x({3, 2}, {1, 2, 3, 4, 5, 6});
  const auto value = [p = x.data()](int64_t i) { return p[i]; };
  sum_axis(Sink{y.mutable_data(), true}, 1, 3, 2, value);
  sum_axis(Sink{}, 1, 3, 2, value);
  CHECK(y.values() == std::vector<real>{19, 32});
}

TEST_CASE("sums: the sum of nothing is 0") {
  Tensor y({2}, {7, 7});
  sum_axis(Sink{y.mutable_data()}, 1, 0, 2, [](int64_t) { return real(1); });
  CHECK(y.values() == std::vector<real>{0, 0});
  sum_axis(Sink{y.mutable_data()}, 2, 3, 0, [](int64_t) { return real(1); });
  CHECK(y.values() == std::vector<real>{0, 0});
}

TEST_CASE("sums: any number of threads gives the same bits") {
  for (const Shape& shape : {Shape{1, 100'003, 1}, Shape{1, 999, 130}, Shape{50, 7, 400}}) {
    const Tensor x = random_tensor(shape, 1);
    check_threads([&] { return std::vector<Tensor>{sum_middle(x, shape[0], shape[1], shape[2])}; });
  }
}
