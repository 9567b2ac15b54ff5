// Shared by the tests of scans: one ragged batch in its three forms, and a scan applied to each sequence alone.
#pragma once

#include <functional>

#include "../../ops/boundaries.h"
#include "../testing.h"

namespace scangrad::SCANGRAD_PRECISION {

// A scan under test: inputs (B, T, *), h0, boundaries -> h.
using ScanUnderTest = std::function<Tensor(const std::vector<Tensor>& inputs, const Tensor& h0, const Boundaries&)>;

// The same sequences, each from its end if in reverse.
inline Boundaries directed(const Boundaries& at, bool in_reverse) {
  return in_reverse ? at.reversed() : at;
}

// x (B, T, D) with its steps in the opposite order.
inline Tensor flipped(const Tensor& x) {
  Tensor y(x.shape());
  const int64_t T = x.size(1), D = x.size(2);
  for (int64_t b = 0; b < x.size(0); ++b)
    for (int64_t t = 0; t < T; ++t)
      std::copy_n(x.data() + (b * T + t) * D, D, y.mutable_data() + (b * T + T - 1 - t) * D);
  return y;
}

// Sequences of the given lengths, packed in one row of steps: sequence s has the steps cu[s] ... cu[s + 1] - 1.
struct Ragged {
  explicit Ragged(const std::vector<int64_t>& each) : lengths(each) {
    for (const int64_t n : lengths) cu.push_back(cu.back() + n);
  }
  int64_t count() const { return static_cast<int64_t>(lengths.size()); }
  int64_t longest() const { return *std::max_element(lengths.begin(), lengths.end()); }

  // Row s of the batch (S, T, C) from the packed row (1, total, C), padded with `filling`.
  Tensor padded(const Tensor& packed, real filling) const {
    const int64_t T = longest(), C = packed.size(2);
    Tensor batch = Tensor::full({count(), T, C}, filling);
    for (int64_t s = 0; s < count(); ++s)
      std::copy_n(packed.data() + cu[size_t(s)] * C, lengths[size_t(s)] * C, batch.mutable_data() + s * T * C);
    return batch;
  }
  // The packed row from a batch.
  Tensor packed(const Tensor& batch) const {
    const int64_t T = longest(), C = batch.size(2);
    Tensor row({1, cu.back(), C});
    for (int64_t s = 0; s < count(); ++s)
      std::copy_n(batch.data() + s * T * C, lengths[size_t(s)] * C, row.mutable_data() + cu[size_t(s)] * C);
    return row;
  }
  // Sequence s alone, from the packed row.
  Tensor alone(const Tensor& packed, int64_t s) const {
    const int64_t C = packed.size(2);
    return Tensor({1, lengths[size_t(s)], C},
                  {packed.data() + cu[size_t(s)] * C, packed.data() + cu[size_t(s) + 1] * C});
  }

  std::vector<int64_t> lengths, cu{0};
};

// A scan forward and backward: its result, and the gradients of the inputs and of h0.
struct ScanOutcome {
  Tensor h;
  std::vector<Tensor> dx;
  Tensor dh0;
};
inline ScanOutcome run_scan(const ScanUnderTest& scan, std::vector<Tensor> inputs, Tensor h0, const Tensor& dh,
                            const Boundaries& at) {
  for (Tensor& input : inputs) input = leaf(input.clone());
  h0 = leaf(h0.clone());
  const Tensor h = scan(inputs, h0, at);
  backward({h}, {dh});
  ScanOutcome result{h, {}, h0.grad()};
  for (const Tensor& input : inputs) result.dx.push_back(input.grad());
  return result;
}

// Runs sequences of the given lengths packed in one row, padded to a batch, and one by one, forward and backward, and
// checks that results, gradients of the inputs and of h0 agree to the last bit.
inline void check_packed_padded_separate(const ScanUnderTest& scan, const std::vector<int64_t>& lengths,
                                         const std::vector<int64_t>& channels, int64_t D, bool in_reverse) {
  const Ragged ragged(lengths);
  const int64_t S = ragged.count(), total = ragged.cu.back();
  const Tensor h0 = random_tensor({S, D}, 9), dh = random_tensor({1, total, D}, 10);
  std::vector<Tensor> packed, padded;
  for (size_t i = 0; i < channels.size(); ++i) {
    packed.push_back(random_tensor({1, total, channels[i]}, 20 + i));
    padded.push_back(ragged.padded(packed.back(), real(0.3)));
  }
  const ScanOutcome one = run_scan(scan, packed, h0, dh, directed(Boundaries::packed(ragged.cu), in_reverse));

  // The gradients 5 at padding must not count.
  const ScanOutcome two =
      run_scan(scan, padded, h0, ragged.padded(dh, 5), directed(Boundaries::lengths(lengths), in_reverse));
  CHECK(same_bits(ragged.packed(two.h), one.h));
  CHECK(same_bits(two.dh0, one.dh0));
  for (size_t i = 0; i < channels.size(); ++i) {
    CHECK(same_bits(ragged.packed(two.dx[i]), one.dx[i]));
    CHECK(same_bits(ragged.padded(one.dx[i], 0), two.dx[i]));  // gradients at padding are 0
  }

  for (int64_t s = 0; s < S; ++s) {
    const auto row = [s, D](const Tensor& x) { return Tensor({1, D}, {x.data() + s * D, x.data() + (s + 1) * D}); };
    std::vector<Tensor> inputs;
    for (const Tensor& input : packed) inputs.push_back(ragged.alone(input, s));
    const ScanOutcome alone = run_scan(scan, inputs, row(h0), ragged.alone(dh, s), directed({}, in_reverse));
    CHECK(same_bits(alone.h, ragged.alone(one.h, s)));
    CHECK(same_bits(alone.dh0, row(one.dh0)));
    for (size_t i = 0; i < channels.size(); ++i) CHECK(same_bits(alone.dx[i], ragged.alone(one.dx[i], s)));
  }
}

}  // namespace scangrad::SCANGRAD_PRECISION
