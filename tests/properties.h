// Properties on random shapes and numbers.
//
//   TEST_CASE("scan: ...") {
//     for_cases(20, [](Draw& draw) {
//       const int64_t B = draw.size(4), T = draw.size(70);
//       REQUIRE(...);
//     });
//   }
//
// Case i draws the same numbers wherever it runs. The message of the first failing one, which ends the test, gives what
// it drew; SCANGRAD_CASE=i runs it alone.
#pragma once

#include <cstdlib>

#include "../ops/boundaries.h"
#include "testing.h"

namespace scangrad::SCANGRAD_PRECISION {

class Draw {
 public:
  explicit Draw(int64_t number) : rng_(static_cast<uint64_t>(number), 77), text_("case " + std::to_string(number)) {}

  // A size up to `most`: 1, odd ones, and those on and next to the edges of the kernels' blocks.
  int64_t size(int64_t most) {
    static const std::vector<int64_t> sizes{1,  2,  3,  5,  7,   8,   9,   15,  16,  17,  31,  32,  33,
                                            63, 64, 65, 97, 127, 128, 129, 255, 256, 257, 511, 512, 513};
    const auto end = std::upper_bound(sizes.begin(), sizes.end(), most);
    return said(sizes[static_cast<size_t>(rng_.below(end - sizes.begin()))]);
  }
  int64_t below(int64_t bound) { return said(rng_.below(bound)); }
  bool maybe() { return below(2) == 1; }
  uint64_t seed() { return rng_.word(); }
  Tensor tensor(const Shape& shape, real low = -1, real high = 1) { return random_tensor(shape, seed(), low, high); }
  Ids ids(const Shape& shape, int64_t bound) { return random_ids(shape, seed(), bound); }

  // Whole rows, lengths, resets or, where there is one row, packed sequences.
  Boundaries boundaries(int64_t B, int64_t T) {
    const int64_t kind = below(B == 1 ? 4 : 3);
    if (kind == 1) {
      std::vector<int64_t> lengths;
      for (int64_t b = 0; b < B; ++b) lengths.push_back(below(T + 1));
      return Boundaries::lengths(lengths);
    }
    if (kind == 2) {
      Ids mask = ids({B, T}, 4);
      for (int64_t i = 0; i < B * T; ++i) mask.data()[i] = mask[i] == 0;
      return Boundaries::reset(mask);
    }
    if (kind == 0) return {};
    std::vector<int64_t> cu{0};
    while (cu.back() < T) cu.push_back(cu.back() + 1 + below(T - cu.back()));
    return Boundaries::packed(cu);
  }

  const std::string& str() const { return text_; }

 private:
  int64_t said(int64_t number) {
    text_ += " " + std::to_string(number);
    return number;
  }

  Rng rng_;
  std::string text_;
};

template <class Property>
void for_cases(int64_t count, Property property) {
  const char* const chosen = std::getenv("SCANGRAD_CASE");
  for (int64_t i = chosen != nullptr ? std::atoll(chosen) : 0; i < count; ++i) {
    Draw draw(i);
    INFO(draw.str());
    property(draw);
    if (chosen != nullptr) return;
  }
}

}  // namespace scangrad::SCANGRAD_PRECISION
