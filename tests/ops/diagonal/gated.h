// Shared by the tests of the scans with fused gates: each is compared with its composition from plain ops.
#pragma once

#include "../../../ops/arithmetic.h"
#include "../../same_bits.h"
#include "../sequences.h"

namespace scangrad::SCANGRAD_PRECISION {

// scan(projection, h0, boundaries), and the same from plain ops without boundaries.
using FusedScan = std::function<Tensor(const Tensor&, const Tensor&, const Boundaries&)>;
using ComposedScan = std::function<Tensor(const Tensor& projection, const Tensor& h0)>;

// Gradients at size 1 and at sizes that do not divide a block. No value is near 0, where g has a kink.
inline void check_fused_gradients(const FusedScan& fused, int64_t parts) {
  for (const auto& [B, T, E] : {std::array<int64_t, 3>{1, 1, 1}, {2, 5, 17}}) {
    Tensor p = random_tensor({B, T, parts * E}, 1, -3, 3);
    for (int64_t i = 0; i < p.numel(); ++i)
      if (std::abs(p.data()[i]) < real(0.2)) p.mutable_data()[i] = real(0.2);
    Ids mask({B, T});
    for (int64_t i = 0; i < B * T; ++i) mask.data()[i] = i % 3 == 2;
    for (const Boundaries& at : {Boundaries(), Boundaries::reset(mask)}) {
      const Tensor h0 = random_tensor({at.sequences(B, T), E}, 2);
      for (const bool in_reverse : {false, true}) {
        const auto f = [&](const std::vector<Tensor>& in) { return fused(in[0], in[1], directed(at, in_reverse)); };
        CHECK(gradcheck(f, {p, h0}) < kGradTolerance);
        CHECK(gradcheck(f, {p, Tensor()}) < kGradTolerance);
      }
    }
  }
}

// Fused equals composed, results and gradients, also with closed and fully open gates.
inline void check_fused_equals_composed(const FusedScan& fused, const ComposedScan& composed, int64_t parts) {
  for (const real range : {real(3), real(30)}) {
    const Tensor p = random_tensor({3, 33, parts * 37}, 3, -range, range), h0 = random_tensor({3, 37}, 4, 0, 1);
    const Tensor up = random_tensor({3, 33, 37}, 5);
    const Tensor p1 = leaf(p.clone()), p2 = leaf(p.clone()), s1 = leaf(h0.clone()), s2 = leaf(h0.clone());
    const Tensor h1 = fused(p1, s1, {}), h2 = composed(p2, s2);
    backward({h1, h2}, {up, up});
    const double tolerance = kDouble ? 1e-14 : 2e-6;
    CHECK(relative_error(h1, h2) < tolerance);
    CHECK(relative_error(p1.grad(), p2.grad()) < tolerance);
    CHECK(relative_error(s1.grad(), s2.grad()) < tolerance);
  }
}

// States of many channels are not kept but recomputed, with the same bits.
inline void check_fused_recomputes(const FusedScan& fused, int64_t parts) {
  const auto backward_through = [&](int64_t E, bool holds, int64_t* kept) {
    const Tensor p = leaf(random_tensor({2, 5, parts * E}, 8)), up = random_tensor({2, 5, E}, 9);
    const int64_t live = memory_stats().live;
    Tensor h = fused(p, {}, {});
    const Tensor result = scale(h, 2);
    if (!holds) h = Tensor();
    *kept = memory_stats().live - live;
    backward({result}, {up});
    return p.grad();
  };
  for (const int64_t E : {64, 512}) {
    int64_t with = 0, without = 0;
    const Tensor dp = backward_through(E, true, &with);
    CHECK(same_bits(backward_through(E, false, &without), dp));
    CHECK((with - without > 0) == (E == 512));
  }
}

inline void check_fused_scan(const FusedScan& fused, const ComposedScan& composed, int64_t parts) {
  check_fused_gradients(fused, parts);
  check_fused_equals_composed(fused, composed, parts);
  check_fused_recomputes(fused, parts);

  const ScanUnderTest under_test = [&](const std::vector<Tensor>& in, const Tensor& h0, const Boundaries& at) {
    return fused(in[0], h0, at);
  };
  for (const bool in_reverse : {false, true}) {
    check_packed_padded_separate(under_test, {5, 1, 9, 2}, {parts * 7}, 7, in_reverse);
    check_packed_padded_separate(under_test, {17'000, 3}, {parts * 2}, 2, in_reverse);
  }

  // The same bits for any number of threads.
  check_threads([&](const std::vector<Tensor>& in) { return std::vector<Tensor>{fused(in[0], in[1], {})}; },
                {random_tensor({1, 17'000, parts * 3}, 6, -3, 3), random_tensor({1, 3}, 7)});
}

}  // namespace scangrad::SCANGRAD_PRECISION
