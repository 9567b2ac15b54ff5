#include "random.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "check.h"

namespace scangrad::SCANGRAD_PRECISION {

namespace {

uint64_t low(uint64_t v) {
  return v & 0xFFFFFFFF;
}
uint64_t high(uint64_t v) {
  return v >> 32;
}

// Words are kept in 64-bit variables, so that a loop over counters becomes vector code without conversions.
inline void cipher(uint64_t& c0, uint64_t& c1, uint64_t& c2, uint64_t& c3, uint64_t k0, uint64_t k1) {
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = 0xD2511F53 * c0;
    const uint64_t p1 = 0xCD9E8D57 * c2;
    c0 = high(p1) ^ c1 ^ k0;
    c1 = low(p1);
    c2 = high(p0) ^ c3 ^ k1;
    c3 = low(p0);
    k0 = low(k0 + 0x9E3779B9);
    k1 = low(k1 + 0xBB67AE85);
  }
}

// Four words for each of n counters, beginning with counter `block`.
void cipher_blocks(uint32_t* words, uint64_t block, uint64_t stream, uint64_t seed, uint64_t n) {
#pragma omp simd
  for (uint64_t j = 0; j < n; ++j) {
    uint64_t c0 = low(block + j), c1 = high(block + j), c2 = low(stream), c3 = high(stream);
    cipher(c0, c1, c2, c3, low(seed), high(seed));
    words[4 * j] = static_cast<uint32_t>(c0);
    words[4 * j + 1] = static_cast<uint32_t>(c1);
    words[4 * j + 2] = static_cast<uint32_t>(c2);
    words[4 * j + 3] = static_cast<uint32_t>(c3);
  }
}

}  // namespace

std::array<uint32_t, 4> philox(const std::array<uint32_t, 4>& counter, const std::array<uint32_t, 2>& key) {
  uint64_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  cipher(c0, c1, c2, c3, key[0], key[1]);
  return {static_cast<uint32_t>(c0), static_cast<uint32_t>(c1), static_cast<uint32_t>(c2), static_cast<uint32_t>(c3)};
}

uint32_t Rng::word_at(uint64_t index) const {
  const uint64_t i = offset_ + index;
  uint32_t words[4];
  cipher_blocks(words, i / 4, stream_, seed_, 1);
  return words[i % 4];
}

void Rng::words_at(uint32_t* words, uint64_t index, int64_t count) const {
  constexpr int64_t kBlocks = 64;
  uint32_t drawn[4 * kBlocks];
  uint64_t block = (offset_ + index) / 4;
  auto skipped = static_cast<int64_t>((offset_ + index) % 4);
  while (count > 0) {
    cipher_blocks(drawn, block, stream_, seed_, kBlocks);
    const int64_t used = std::min(4 * kBlocks - skipped, count);
    words = std::copy_n(drawn + skipped, used, words);
    count -= used;
    block += kBlocks;
    skipped = 0;
  }
}

uint32_t Rng::word() {
  const uint32_t w = word_at(0);
  ++offset_;
  return w;
}

real Rng::uniform(real low, real high) {
  const real value = low + (high - low) * uniform();
  return value < high ? value : std::nextafter(high, low);  // the sum may round up to high
}

real Rng::normal() {
  const double u = (static_cast<double>(word()) + 1) * 0x1p-32;  // in (0, 1]
  const double v = static_cast<double>(word()) * 0x1p-32;
  return static_cast<real>(std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v));
}

int64_t Rng::below(int64_t bound) {
  check(bound >= 1 && bound <= int64_t(1) << 32, "random: bound is {}, but 1 to 2^32 is needed", bound);
  // The upper half of word * bound is uniform if the few words that would favour small values are drawn again.
  const auto range = static_cast<uint64_t>(bound);
  const uint64_t unfair = (uint64_t(1) << 32) % range;
  uint64_t product = word() * range;
  while (static_cast<uint32_t>(product) < unfair) product = word() * range;
  return static_cast<int64_t>(product >> 32);
}

}  // namespace scangrad::SCANGRAD_PRECISION
