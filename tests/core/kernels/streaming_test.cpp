#include "../../../core/kernels/streaming.h"

#include <vector>

#include "../../testing.h"

using namespace scangrad;

TEST_CASE("streaming: every length and alignment gives a copy, and writes nothing else") {
  const std::vector<real> from = random_tensor({80}, 1).values();
  for (int64_t shift = 0; shift < 5; ++shift) {
    for (int64_t n = 0; n <= 70; ++n) {
      std::vector<real> to(80, 7);
      stream(to.data() + shift, from.data() + 2, n);
      finish_streams();
      for (int64_t i = 0; i < 80; ++i) {
        const bool inside = i >= shift && i < shift + n;
        CHECK(to[static_cast<size_t>(i)] == (inside ? from[static_cast<size_t>(i - shift + 2)] : 7));
      }
    }
  }
}
