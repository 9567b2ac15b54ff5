// Counter-based random numbers: Philox 4x32 with 10 rounds (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2,
// 3", SC 2011).
//
// Number i of stream s with seed k is a pure function of (k, s, i). So any number of threads draws the same numbers,
// and the whole state is three integers, which a checkpoint can hold.
#pragma once

#include <array>
#include <cstdint>

#include "real.h"

namespace scangrad::SCANGRAD_PRECISION {

// Ten rounds of the cipher: from a 128-bit counter and a 64-bit key, four 32-bit words.
SCANGRAD_API std::array<uint32_t, 4> philox(const std::array<uint32_t, 4>& counter, const std::array<uint32_t, 2>& key);

// In [0, 1), from the upper 24 bits of a word: the same value in the float and the double build.
inline real to_unit(uint32_t word) {
  return static_cast<real>(word >> 8) * static_cast<real>(0x1p-24);
}

// A word is smaller than this with probability p, for p in [0, 1).
inline uint32_t chance(real p) {
  return static_cast<uint32_t>(static_cast<double>(p) * 0x1p32);
}

// A position in a stream of random numbers. A copy starts at the same position and so draws the same numbers.
class SCANGRAD_API Rng {
 public:
  explicit Rng(uint64_t seed, uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  uint32_t word();                                 // the next 32 bits
  real uniform() { return to_unit(word()); }       // in [0, 1)
  real uniform(real low, real high);               // in [low, high)
  real normal();                                   // mean 0, variance 1 (Box-Muller)
  int64_t below(int64_t bound);                    // in 0 ... bound - 1, without bias; bound in 1 ... 2^32
  void skip(uint64_t words) { offset_ += words; }  // as if this many words had been drawn

  uint64_t seed() const { return seed_; }
  uint64_t stream() const { return stream_; }
  uint64_t offset() const { return offset_; }
  void set_offset(uint64_t words) { offset_ = words; }

  // Word `index` after this position, without moving it.
  uint32_t word_at(uint64_t index) const;
  // Words index ... index + count - 1, many times faster than one by one; for parallel kernels.
  void words_at(uint32_t* words, uint64_t index, int64_t count) const;

 private:
  uint64_t seed_;
  uint64_t stream_;
  uint64_t offset_ = 0;
};

}  // namespace scangrad::SCANGRAD_PRECISION
