#include "random.h"

#include <cmath>
#include <numbers>

#include "check.h"

namespace scangrad::inline SCANGRAD_PRECISION {

std::array<uint32_t, 4> philox(const std::array<uint32_t, 4>& counter, const std::array<uint32_t, 2>& key) {
  auto [c0, c1, c2, c3] = counter;
  auto [k0, k1] = key;
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t(0xD2511F53) * c0;
    const uint64_t p1 = uint64_t(0xCD9E8D57) * c2;
    c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
    c1 = static_cast<uint32_t>(p1);
    c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c3 = static_cast<uint32_t>(p0);
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return {c0, c1, c2, c3};
}

uint32_t Rng::word_at(uint64_t index) const {
  const uint64_t i = offset_ + index;
  const uint64_t block = i / 4;
  const auto low = [](uint64_t v) { return static_cast<uint32_t>(v); };
  const auto high = [](uint64_t v) { return static_cast<uint32_t>(v >> 32); };
  return philox({low(block), high(block), low(stream_), high(stream_)}, {low(seed_), high(seed_)})[i % 4];
}

uint32_t Rng::word() {
  const uint32_t w = word_at(0);
  ++offset_;
  return w;
}

real Rng::uniform(real low, real high) {
  return low + (high - low) * uniform();
}

real Rng::normal() {
  const double u = (static_cast<double>(word()) + 1) * 0x1p-32;  // in (0, 1]
  const double v = static_cast<double>(word()) * 0x1p-32;
  return static_cast<real>(std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v));
}

int64_t Rng::below(int64_t bound) {
  check(bound >= 1 && bound <= int64_t(1) << 32, "random: bound is {}, but 1 to 2^32 is needed", bound);
  // The upper half of word * bound is uniform once the few words that would favour small values are drawn again.
  const auto range = static_cast<uint64_t>(bound);
  const uint64_t unfair = (uint64_t(1) << 32) % range;
  uint64_t product = word() * range;
  while (static_cast<uint32_t>(product) < unfair) product = word() * range;
  return static_cast<int64_t>(product >> 32);
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
