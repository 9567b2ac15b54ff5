#include "../../../ops/diagonal/boundary_scan.h"

#include <algorithm>
#include <array>

#include "../../../core/kernels/streaming.h"
#include "../../../core/threads.h"
#include "../../../ops/arithmetic.h"
#include "../../../ops/scan.h"
#include "../../same_bits.h"
#include "../sequences.h"

using namespace scangrad;

namespace {

const ScanUnderTest under_test = [](const std::vector<Tensor>& in, const Tensor& h0, const Boundaries& at) {
  return boundary_scan(in[0], in[1], h0, at);
};

struct Run {
  Tensor h, da, db, dh0;
};
Run run(const Tensor& a, const Tensor& b, const Tensor& h0, bool plain) {
  const Tensor la = leaf(a.clone()), lb = leaf(b.clone()), lh = leaf(h0.clone());
  const Tensor h = plain ? scan(la, lb, lh) : boundary_scan(la, lb, lh);
  backward({h}, {random_tensor(a.shape(), 4)});
  return {h, la.grad(), lb.grad(), lh.grad()};
}

}  // namespace

TEST_CASE("boundary_scan: a reset in a case worked by hand") {
  const Tensor a = Tensor::full({1, 3, 1}, real(0.5)), b({1, 3, 1}, {1, 2, 3}), h0({2, 1}, {8, 4});
  const Boundaries at = Boundaries::reset(Ids({1, 3}, {0, 0, 1}));
  CHECK(boundary_scan(a, b, h0, at).values() == std::vector<real>{5, real(4.5), 5});
  // From the right: 0.5 * 4 + 3 at the last step alone; then 0.5 * 8 + 2 and 0.5 * 6 + 1.
  CHECK(boundary_scan(a, b, h0, at.reversed()).values() == std::vector<real>{4, 6, 5});
}

TEST_CASE("boundary_scan: gradients equal central differences") {
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{3, 5, 17}}) {
    const int64_t B = shape[0], T = shape[1];
    const Tensor a = random_tensor(shape, 1, 0, 1), b = random_tensor(shape, 2);
    Ids mask({B, T});
    for (int64_t i = 0; i < B * T; ++i) mask.data()[i] = i % 3 == 2;
    for (const Boundaries& at : {Boundaries(), Boundaries::reset(mask)}) {
      const Tensor h0 = random_tensor({at.sequences(B, T), shape[2]}, 3);
      for (const bool in_reverse : {false, true}) {
        const auto f = [&](const std::vector<Tensor>& in) {
          return boundary_scan(in[0], in[1], in[2], directed(at, in_reverse));
        };
        CHECK(gradcheck(f, {a, b, h0}) < kGradTolerance);
        CHECK(gradcheck(f, {a, b, Tensor()}) < kGradTolerance);
      }
    }
  }
}

TEST_CASE("boundary_scan: packed, padded and separate sequences have the same bits") {
  const WithThreads with(2);
  for (const bool in_reverse : {false, true}) {
    check_packed_padded_separate(under_test, {5, 1, 9, 2}, {7, 7}, 7, in_reverse);
    check_packed_padded_separate(under_test, {17'000, 3, 16'384}, {2, 2}, 2, in_reverse);
  }
}

TEST_CASE("boundary_scan: equals the plain scan to the last bit, also in several tiles and with streaming stores") {
  const WithThreads with(2);
  const int64_t many = kStreamedBytes / static_cast<int64_t>(132 * sizeof(real)) / 3 + 1;
  for (const Shape& shape : {Shape{2, 37, 5}, Shape{1, 300, 259}, Shape{1, 20'000, 3}, Shape{3, many, 132},
                             Shape{6, many, 68}, Shape{3, many, 133}}) {
    const Tensor a = random_tensor(shape, 1, 0, 1), b = random_tensor(shape, 2);
    const Tensor h0 = random_tensor({shape[0], shape[2]}, 3);
    const Run plain = run(a, b, h0, true), fast = run(a, b, h0, false);
    CHECK(same_bits(fast.h, plain.h));
    CHECK(same_bits(fast.da, plain.da));
    CHECK(same_bits(fast.db, plain.db));
    CHECK(same_bits(fast.dh0, plain.dh0));
  }
}

TEST_CASE("boundary_scan: reverse equals forward on flipped time") {
  const Tensor a = random_tensor({2, 9, 5}, 1, 0, 1), b = random_tensor({2, 9, 5}, 2), h0 = random_tensor({2, 5}, 3);
  const Tensor h = boundary_scan(a, b, h0, Boundaries().reversed());
  CHECK(same_bits(flipped(h), scan(flipped(a), flipped(b), h0)));
}

TEST_CASE("boundary_scan: errors name wrong shapes") {
  const Tensor a = Tensor::zeros({2, 5, 4});
  CHECK(error_of([&] {
          boundary_scan(a, Tensor::zeros({2, 5, 3}));
        }) == "boundary_scan: b has shape [2, 5, 3] but a has [2, 5, 4]");
  CHECK(error_of([&] {
          boundary_scan(Tensor::zeros({2, 5}), a);
        }) == "boundary_scan: a has shape [2, 5], but (B, T, D) is needed");
  CHECK(error_of([&] {
          boundary_scan(a, a, Tensor::zeros({3, 4}));
        }) == "boundary_scan: h0 has shape [3, 4], but [2, 4] is needed");
}

TEST_CASE("boundary_scan: batches without rows, steps or channels are empty and legal") {
  for (const auto& [B, T, D] : {std::array<int64_t, 3>{0, 3, 2}, {2, 0, 2}, {2, 3, 0}}) {
    const Tensor h0 = leaf(Tensor::full({B, D}, 1));
    const Tensor h = boundary_scan(Tensor::zeros({B, T, D}), Tensor::zeros({B, T, D}), h0);
    CHECK(h.shape() == Shape{B, T, D});
    backward({h}, {h.detach()});
    CHECK(h0.grad().shape() == Shape{B, D});
  }
}

TEST_CASE("boundary_scan and scan: any number of threads gives the same bits") {
  const int64_t many = kStreamedBytes / static_cast<int64_t>(64 * sizeof(real)) + 1;
  for (const Shape& shape : {Shape{3, 1'000, 50}, Shape{1, 20'000, 3}, Shape{2, 20'000, 30}, Shape{1, many, 64},
                             Shape{16, many / 16 + 1, 64}})
    check_threads(
        [&](const std::vector<Tensor>& in) {
          return std::vector<Tensor>{scan(in[0], in[1], in[2]), boundary_scan(in[0], in[1], in[2])};
        },
        {random_tensor(shape, 1, 0, 1), random_tensor(shape, 2), random_tensor({shape[0], shape[2]}, 3)});
}

TEST_CASE("boundary_scan: an empty sequence next to a long one gives its start the gradient zero") {
  const WithThreads with(2);
  const Tensor a = random_tensor({2, 20'000, 3}, 1, 0, 1), h0 = leaf(random_tensor({2, 3}, 2));
  for (const bool in_reverse : {false, true}) {
    h0.zero_grad();
    backward({scale(h0, 7)}, {Tensor::full({2, 3}, 1)});  // to which zero is added
    const Tensor h = boundary_scan(a, a, h0, directed(Boundaries::lengths({0, 20'000}), in_reverse));
    backward({h}, {random_tensor(h.shape(), 3)});
    const std::vector<real> dh0 = h0.grad().values();
    CHECK(std::count(dh0.begin(), dh0.begin() + 3, real(7)) == 3);
    CHECK(std::count(dh0.begin() + 3, dh0.end(), real(7)) == 0);
  }
}
