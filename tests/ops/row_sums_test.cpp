#include "../../ops/row_sums.h"

#include <limits>

#include "../same_bits.h"

using namespace scangrad;

namespace {

Tensor column_sums(const Tensor& x) {
  const int64_t N = x.size(0), D = x.size(1);
  const Scratch<real> sums = row_sums(N, D, D, [=, p = x.data()](real* sum, int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n)
      for (int64_t d = 0; d < D; ++d) sum[d] += p[n * D + d];
  });
  return Tensor({D}, {sums.data(), sums.data() + D});
}

}  // namespace

TEST_CASE("row_sums: whole numbers are summed exactly, whatever the blocks") {
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

TEST_CASE("row_sums: blocks cover all rows in order and none is short") {
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

TEST_CASE("row_sums: any number of threads gives the same bits") {
  const Tensor x = random_tensor({9 * kRowBlock + 5, 33}, 1);
  check_threads([&] { return std::vector<Tensor>{column_sums(x)}; });
}

TEST_CASE("row_sums: in double, what float would lose is kept") {
  const int64_t N = 3 * kRowBlock;
  const Scratch<double> sums = row_sums<double>(N, 1, 1, [=](double* sum, int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) sum[0] += n == 0 ? 0x1p30 : 1;
  });
  CHECK(sums[0] == 0x1p30 + double(N - 1));
}

TEST_CASE("row_sums: parts are added element by element, in their order") {
  const real tiny = std::numeric_limits<real>::epsilon() / 2;
  const std::vector<real> parts{1, 2, tiny, 3, tiny, 4};  // 1 + tiny is 1: in another order the sum would be larger
  const auto sum = sum_of_parts(parts.data(), 3, 2);
  CHECK(sum(0) == 1);
  CHECK(sum(1) == 9);
}
