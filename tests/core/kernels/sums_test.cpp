#include "../../../core/kernels/sums.h"

#include <limits>

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

Tensor column_sums(const Tensor& x) {
  const int64_t N = x.size(0), D = x.size(1);
  const Scratch<real> sums = row_sums(N, D, D, [=, p = x.data()](real* sum, int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n)
      for (int64_t d = 0; d < D; ++d) sum[d] += p[n * D + d];
  });
  return Tensor({D}, {sums.data(), sums.data() + D});
}

}  // namespace

TEST_CASE("sums: sum_axis: whole numbers are summed exactly for any number of blocks") {
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

TEST_CASE("sums: sum_axis: adding the sums of many blocks keeps the precision") {
  for (const Shape& shape : {Shape{1, 40'001, 1}, Shape{2, 20'000, 3}, Shape{1, 1000, 70}, Shape{1, 300, 300}}) {
    const Tensor x = random_tensor(shape, 1);
    CHECK(relative_error(sum_middle(x, shape[0], shape[1], shape[2]),
                         plain_sum_middle(x, shape[0], shape[1], shape[2])) < (kDouble ? 1e-13 : 1e-7));
  }
}

TEST_CASE("sums: sum_axis: a sum is added to the numbers of its sink; a null sink is not written") {
  Tensor y({2}, {10, 20});
  const Tensor x({3, 2}, {1, 2, 3, 4, 5, 6});
  const auto value = [p = x.data()](int64_t i) { return p[i]; };
  sum_axis(Sink{y.mutable_data(), true}, 1, 3, 2, value);
  sum_axis(Sink{}, 1, 3, 2, value);
  CHECK(y.values() == std::vector<real>{19, 32});
}

TEST_CASE("sums: sum_axis: the sum of nothing is 0") {
  Tensor y({2}, {7, 7});
  sum_axis(Sink{y.mutable_data()}, 1, 0, 2, [](int64_t) { return real(1); });
  CHECK(y.values() == std::vector<real>{0, 0});
  sum_axis(Sink{y.mutable_data()}, 2, 3, 0, [](int64_t) { return real(1); });
  CHECK(y.values() == std::vector<real>{0, 0});
}

TEST_CASE("sums: sum_axis: any number of threads gives the same bits") {
  for (const Shape& shape : {Shape{1, 100'003, 1}, Shape{1, 999, 130}, Shape{50, 7, 400}}) {
    const Tensor x = random_tensor(shape, 1);
    check_threads([&] { return std::vector<Tensor>{sum_middle(x, shape[0], shape[1], shape[2])}; });
  }
}

TEST_CASE("sums: row_sums: whole numbers are summed exactly for any number of blocks") {
  for (const int64_t N : {int64_t(0), int64_t(1), kRowBlock - 1, kRowBlock, 2 * kRowBlock - 1, 5 * kRowBlock + 7}) {
    for (const int64_t D : {1, 3, 1025}) {
      Tensor x({N, D});
      std::vector<real> expected(size_t(D), 0);
      for (int64_t i = 0; i < N * D; ++i) {
        x.mutable_data()[i] = static_cast<real>(i % 7 - 2);
        expected[size_t(i % D)] += x.data()[i];
      }
      CHECK(column_sums(x).values() == expected);
    }
  }
}

TEST_CASE("sums: for_row_blocks: blocks cover all rows in order and none is short") {
  for (const int64_t rows : {int64_t(0), int64_t(3), kRowBlock + 1, 3 * kRowBlock, 4 * kRowBlock - 1}) {
    std::vector<std::pair<int64_t, int64_t>> ranges(size_t(row_blocks(rows)), {-1, -1});
    for_row_blocks(rows, 1'000, [&](int64_t block, int64_t begin, int64_t end) {
      ranges[size_t(block)] = {begin, end};
    });
    int64_t next = 0;
    for (const auto& [begin, end] : ranges) {
      CHECK(begin == next);
      CHECK((end - begin >= kRowBlock || ranges.size() == 1));
      next = end;
    }
    CHECK(next == rows);
  }
}

TEST_CASE("sums: row_sums: any number of threads gives the same bits") {
  const Tensor x = random_tensor({9 * kRowBlock + 5, 33}, 1);
  check_threads([&] { return std::vector<Tensor>{column_sums(x)}; });
}

TEST_CASE("sums: row_sums: in double, what float would lose is kept") {
  const int64_t N = 3 * kRowBlock;
  const Scratch<double> sums = row_sums<double>(N, 1, 1, [=](double* sum, int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) sum[0] += n == 0 ? 0x1p30 : 1;
  });
  CHECK(sums[0] == 0x1p30 + double(N - 1));
}

TEST_CASE("sums: sum_of_parts: parts are added element by element, in their order") {
  const real tiny = std::numeric_limits<real>::epsilon() / 2;
  const std::vector<real> parts{1, 2, tiny, 3, tiny, 4};  // 1 + tiny is 1: in another order the sum would be larger
  const auto sum = sum_of_parts(parts.data(), 3, 2);
  CHECK(sum(0) == 1);
  CHECK(sum(1) == 9);
}
