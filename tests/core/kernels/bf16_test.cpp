#include "../../../core/kernels/bf16.h"

#include <cmath>
#include <limits>

#include "../../testing.h"

using namespace scangrad;

TEST_CASE("bf16: cases worked by hand") {
  CHECK(to_bf16(1) == 0x3f80);
  CHECK(to_bf16(-2) == 0xc000);
  CHECK(from_bf16(0x3f81) == 1 + 1.0f / 128);
  CHECK(to_bf16(1 + 1.0f / 256) == 0x3f80);  // half way: to the even one
  CHECK(to_bf16(1 + 3.0f / 256) == 0x3f82);
  CHECK(to_bf16(std::nextafter(1 + 1.0f / 256, 2.0f)) == 0x3f81);
  CHECK(to_bf16(std::numeric_limits<float>::max()) == 0x7f80);  // rounds to infinity
  CHECK(to_bf16(-std::numeric_limits<float>::infinity()) == 0xff80);
  CHECK(std::signbit(from_bf16(to_bf16(-0.0f))));
}

TEST_CASE("bf16: every number of it stays as it is") {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float x = from_bf16(static_cast<uint16_t>(bits));
    if (std::isnan(x))
      CHECK(std::isnan(from_bf16(to_bf16(x))));
    else
      CHECK(to_bf16(x) == bits);
  }
}

TEST_CASE("bf16: the nearest number is chosen") {
  Rng rng(1);
  for (int i = 0; i < 100'000; ++i) {
    const float x = std::bit_cast<float>(rng.word());
    if (std::isnan(x) || std::fabs(x) > 3e38f) continue;
    const uint16_t y = to_bf16(x);
    const double error = std::fabs(double(x) - double(from_bf16(y)));
    for (const int step : {-1, 1}) {
      const double other = double(from_bf16(static_cast<uint16_t>(y + step)));
      if (std::isfinite(other)) CHECK(error <= std::fabs(double(x) - other));
    }
  }
}
