// A hash that tells whether data has changed.
//
//   Fingerprint fingerprint;
//   fingerprint.add(numbers, count);              // in pieces of any size, with the same result
//   fingerprint.add(text);                        // in words of eight bytes, then its size
//   if (fingerprint.value() != before) ...
//
//   w = word * 0xBF58476D1CE4E5B9                  for each word of 64 bits, a number
//   m = (h xor w xor (w >> 32)) * 0x9E3779B97F4A7C15
//   h = m xor (m >> 32)
//
// Each step is invertible, so a change of a single word always changes the result. The shifts carry the highest bits of
// a word down to the lower ones, so that the next word cannot cancel them. This protects against accidents, not against
// an attacker. Speed: about 3 GB of text per second.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstring>
#include <string_view>

#include "../real.h"

namespace scangrad::SCANGRAD_PRECISION {

class Fingerprint {
 public:
  template <std::integral T>
  void add(T number) {
    mix(static_cast<uint64_t>(number));
  }
  void add(double number) { mix(std::bit_cast<uint64_t>(number)); }
  template <class T>
  void add(const T* numbers, int64_t count) {
    for (int64_t i = 0; i < count; ++i) add(numbers[i]);
  }
  void add(std::string_view bytes) {
    for (std::string_view rest = bytes; !rest.empty(); rest.remove_prefix(std::min(rest.size(), sizeof(uint64_t)))) {
      uint64_t word = 0;
      std::memcpy(&word, rest.data(), std::min(rest.size(), sizeof word));
      mix(word);
    }
    mix(bytes.size());
  }
  uint64_t value() const { return hash_; }

 private:
  void mix(uint64_t word) {
    const uint64_t w = word * 0xBF58476D1CE4E5B9;
    const uint64_t m = (hash_ ^ w ^ (w >> 32)) * 0x9E3779B97F4A7C15;
    hash_ = m ^ (m >> 32);
  }

  uint64_t hash_ = 1;
};

// The fingerprint of a few numbers.
template <class... Number>
uint64_t fingerprint_of(Number... numbers) {
  Fingerprint fingerprint;
  (fingerprint.add(numbers), ...);
  return fingerprint.value();
}

}  // namespace scangrad::SCANGRAD_PRECISION
