#include "../../../core/kernels/tile.h"

#include <cmath>

#include "../../../core/kernels/bf16.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

constexpr int64_t kRows = Tile::kRows, kColumns = Tile::kColumns;

using Words = std::vector<float>;

Words random_words(int64_t count, uint64_t seed, Operands operands) {
  const std::vector<real> values = random_tensor({2 * count}, seed).values();
  Words words;
  for (size_t i = 0; i < values.size(); i += 2) {
    const auto low = static_cast<float>(values[i]), high = static_cast<float>(values[i + 1]);
    words.push_back(operands == Operands::kPairs ? bf16_pair(low, high) : low);
  }
  return words;
}

}  // namespace

TEST_CASE("tile: a case worked by hand, in floats and in pairs") {
  Words a(14), b(32), sums(14 * 32, -1.0f);
  a[0] = 2, a[13] = 1;
  b[0] = 5, b[31] = -1;
  for (const bool plain : {true, false}) {
    plain ? plain_tile(sums.data(), a.data(), b.data(), 1, Operands::kFloat)
          : tile(sums.data(), a.data(), b.data(), 1, 32, Operands::kFloat);
    CHECK((sums[0] == 10 && sums[31] == -2 && sums[13 * 32] == 5 && sums[5 * 32 + 1] == 0));
  }
  a[0] = bf16_pair(2, 3), a[13] = bf16_pair(1, 0);
  b[0] = bf16_pair(5, 7), b[31] = bf16_pair(-1, 4);
  for (const bool plain : {true, false}) {
    plain ? plain_tile(sums.data(), a.data(), b.data(), 1, Operands::kPairs)
          : tile(sums.data(), a.data(), b.data(), 1, 32, Operands::kPairs);
    CHECK((sums[0] == 31 && sums[31] == 10 && sums[13 * 32] == 5 && sums[13 * 32 + 31] == -1));
    CHECK(sums[5 * 32 + 1] == 0);
  }
}

TEST_CASE("tile: element 1 of a pair is added before element 0") {
  Words a(28), sums(14 * 32);
  const Words b(64, bf16_pair(1, 1));
  a[0] = bf16_pair(0x1p24f, 0);
  a[14] = bf16_pair(1, -0x1p24f);  // 2^24 - 2^24 + 1 is 1; 2^24 + 1 - 2^24 would be 0, because 2^24 + 1 is no float
  for (const bool plain : {true, false}) {
    plain ? plain_tile(sums.data(), a.data(), b.data(), 2, Operands::kPairs)
          : tile(sums.data(), a.data(), b.data(), 2, 32, Operands::kPairs);
    CHECK(sums[0] == 1);
  }
}

TEST_CASE("tile: vector registers give the bits of the plain loops") {
  MESSAGE(std::string(has_avx512() ? "AVX-512 is compared" : "this processor has no AVX-512"));
  MESSAGE(std::string(has_bf16_instruction() ? "vdpbf16ps is compared" : "this processor has no vdpbf16ps"));
  for (const Operands operands : {Operands::kFloat, Operands::kPairs}) {
    for (const int64_t steps : {0, 1, 2, 7, 384}) {
      const Words a = random_words(kRows * steps, 1, operands), b = random_words(kColumns * steps, 2, operands);
      Words plain(kRows * kColumns, 1.0f);
      plain_tile(plain.data(), a.data(), b.data(), steps, operands);
      for (const int64_t columns : {1, 16, 17, 32}) {
        Words fast(kRows * kColumns, 2.0f);
        tile(fast.data(), a.data(), b.data(), steps, columns, operands);
        const bool same = operands != Operands::kPairs || is_intel() || !has_bf16_instruction();
        for (int64_t r = 0; r < kRows; ++r) {
          for (int64_t j = 0; j < columns; ++j) {
            const float is = fast[size_t(r * kColumns + j)], should = plain[size_t(r * kColumns + j)];
            const float most = same ? 0 : 1e-6f * static_cast<float>(steps);  // pairs have not been compared on AMD yet
            if (!(std::fabs(is - should) <= most)) FAIL_CHECK(r, " ", j, " ", is, " ", should);
          }
        }
      }
    }
  }
}
