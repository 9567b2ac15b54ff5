#include "../../../core/kernels/denormals.h"

#include <algorithm>
#include <limits>
#include <thread>

#include "../../../ops/scan.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

constexpr real kLeast = std::numeric_limits<real>::min();  // the smallest number that is not denormal

real product(real a, real b) {
  const volatile real x = a, y = b;  // computed here, not by the compiler
  return x * y;
}

// The gradients of b, which halve from step to step.
Tensor halving_gradients(int threads) {
  const WithThreads with(threads);
  constexpr int64_t B = 16, T = 2 * std::numeric_limits<real>::max_exponent, D = 64;
  const Tensor a = Tensor::full({B, T, D}, real(0.5)), b = leaf(Tensor::zeros({B, T, D}));
  Tensor dh = Tensor::zeros({B, T, D});
  for (int64_t row = 0; row < B; ++row)
    for (int64_t d = 0; d < D; ++d) dh.mutable_data()[(row * T + T - 1) * D + d] = 1;
  backward({scan(a, b)}, {dh});
  return b.grad();
}

int64_t denormals_in(const Tensor& x) {
  CHECK(!flushes_denormals());  // otherwise they are equal to zero
  return std::count_if(x.data(), x.data() + x.numel(), [](real v) { return v != 0 && v < kLeast; });
}

}  // namespace

TEST_CASE("denormals: products are denormal, or zero on request, in this thread and in those that it starts") {
  CHECK(!flushes_denormals());
  CHECK(product(kLeast, real(0.5)) > 0);
  std::thread([] {
    if (!flush_denormals(true)) return;
    CHECK(flushes_denormals());
    CHECK(product(kLeast, real(0.5)) == 0);  // a result
    CHECK(product(std::numeric_limits<real>::denorm_min(), kLeast) == 0);
    std::thread([] { CHECK(flushes_denormals()); }).join();
    flush_denormals(false);
    CHECK(product(kLeast, real(0.5)) > 0);
  }).join();
  CHECK(!flushes_denormals());
}

TEST_CASE("denormals: none is left in the gradients of a long recurrence, with any number of threads") {
  CHECK(denormals_in(halving_gradients(1)) > 0);
  if (!flush_denormals(flushes_denormals())) return;  // not implemented for this processor
  for (const int threads : {1, 3}) {
    Tensor gradients;
    std::thread([&] {  // the setting of this thread stays as it is
      flush_denormals(true);
      gradients = halving_gradients(threads);
    })
        .join();
    CHECK(denormals_in(gradients) == 0);
  }
}
