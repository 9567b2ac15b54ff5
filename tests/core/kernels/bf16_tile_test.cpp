#include "../../../core/kernels/bf16_tile.h"

#include <cmath>

#include "../../../core/kernels/bf16.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

uint32_t pair(float low, float high) {
  return to_bf16(low) | uint32_t(to_bf16(high)) << 16;
}

std::vector<uint32_t> random_pairs(int64_t count, uint64_t seed) {
  const std::vector<real> values = random_tensor({2 * count}, seed).values();
  std::vector<uint32_t> pairs;
  for (size_t i = 0; i < values.size(); i += 2)
    pairs.push_back(pair(static_cast<float>(values[i]), static_cast<float>(values[i + 1])));
  return pairs;
}

}  // namespace

TEST_CASE("bf16_tile: a case worked by hand") {
  std::vector<uint32_t> a(14), b(32);
  a[0] = pair(2, 3);
  a[13] = pair(1, 0);
  b[0] = pair(5, 7);
  b[31] = pair(-1, 4);
  std::vector<float> sums(14 * 32, -1.0f);
  plain_bf16_tile(sums.data(), a.data(), b.data(), 1);
  CHECK(sums[0] == 31);
  CHECK(sums[31] == 10);
  CHECK(sums[13 * 32] == 5);
  CHECK(sums[13 * 32 + 31] == -1);
  CHECK(sums[5 * 32 + 1] == 0);
}

TEST_CASE("bf16_tile: element 1 of a pair is added before element 0") {
  std::vector<uint32_t> a(28);
  const std::vector<uint32_t> b(64, pair(1, 1));
  a[0] = pair(0x1p24f, 0);
  a[14] = pair(1, -0x1p24f);  // 2^24 - 2^24 + 1 is 1; 2^24 + 1 - 2^24 would be 0, because 2^24 + 1 is no float
  std::vector<float> sums(14 * 32);
  plain_bf16_tile(sums.data(), a.data(), b.data(), 2);
  CHECK(sums[0] == 1);
}

TEST_CASE("bf16_tile: the instruction agrees with the plain loops") {
  MESSAGE((has_bf16_instruction() ? "vdpbf16ps is compared" : "this processor does not have vdpbf16ps"));
  for (const int64_t pairs : {1, 2, 7, 384}) {
    const std::vector<uint32_t> a = random_pairs(14 * pairs, 1), b = random_pairs(32 * pairs, 2);
    std::vector<float> plain(14 * 32);
    plain_bf16_tile(plain.data(), a.data(), b.data(), pairs);
    for (const int64_t columns : {1, 16, 17, 32}) {
      std::vector<float> fast(14 * 32);
      bf16_tile(fast.data(), a.data(), b.data(), pairs, columns);
      for (int64_t r = 0; r < 14; ++r)
        for (int64_t j = 0; j < columns; ++j)
          CHECK(std::fabs(fast[size_t(r * 32 + j)] - plain[size_t(r * 32 + j)]) < 1e-6 * static_cast<double>(pairs));
    }
  }
}
