// Shared by the tests of scans: one ragged batch in its three forms, and a scan applied to each sequence alone.
#pragma once

#include <functional>

#include "../../ops/boundaries.h"
#include "../testing.h"

namespace scangrad::SCANGRAD_PRECISION {

// A scan under test: inputs (B, T, *), h0, boundaries -> h.
using ScanUnderTest = std::function<Tensor(const std::vector<Tensor>& inputs, const Tensor& h0, const Boundaries&)>;

// The same sequences, perhaps from their ends.
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

// Runs sequences of the given lengths packed in one row, padded to a batch, and one by one, forward and backward, and
// checks that results, gradients of the inputs and of h0 agree to the last bit.
inline void check_packed_padded_separate(const ScanUnderTest& scan, const std::vector<int64_t>& lengths,
                                         const std::vector<int64_t>& channels, int64_t D, bool in_reverse) {
  const int64_t S = static_cast<int64_t>(lengths.size());
  std::vector<int64_t> cu{0};
  for (const int64_t n : lengths) cu.push_back(cu.back() + n);
  const int64_t total = cu.back(), T = *std::max_element(lengths.begin(), lengths.end());
  const Tensor h0 = random_tensor({S, D}, 9), dh = random_tensor({1, total, D}, 10);
  std::vector<Tensor> packed;
  for (size_t i = 0; i < channels.size(); ++i) packed.push_back(random_tensor({1, total, channels[i]}, 20 + i));

  // Copies steps between the packed row and row s of a batch of `steps` steps.
  const auto move = [&](real* batch, real* row, int64_t s, int64_t steps, int64_t C, int64_t batch_row, bool to_batch) {
    real* const a = batch + batch_row * steps * C;
    real* const b = row + cu[size_t(s)] * C;
    for (int64_t i = 0; i < lengths[size_t(s)] * C; ++i) (to_batch ? a[i] : b[i]) = to_batch ? b[i] : a[i];
  };
  struct Result {
    Tensor h;                // packed
    std::vector<Tensor> dx;  // packed
    Tensor dh0;
  };
  const auto run = [&](std::vector<Tensor> inputs, Tensor start, const Tensor& up, const Boundaries& at) {
    for (Tensor& input : inputs) input = leaf(input.clone());
    start = leaf(start.clone());
    const Tensor h = scan(inputs, start, directed(at, in_reverse));
    backward({h}, {up});
    Result result{h, {}, start.grad()};
    for (const Tensor& input : inputs) result.dx.push_back(input.grad());
    return result;
  };

  const Result one = run(packed, h0, dh, Boundaries::packed(cu));

  std::vector<Tensor> padded;
  for (Tensor& input : packed) {
    padded.push_back(Tensor::full({S, T, input.size(2)}, real(0.3)));
    for (int64_t s = 0; s < S; ++s)
      move(padded.back().mutable_data(), input.mutable_data(), s, T, input.size(2), s, true);
  }
  Tensor up = Tensor::full({S, T, D}, 5);  // gradients at padding must not count
  for (int64_t s = 0; s < S; ++s) move(up.mutable_data(), const_cast<real*>(dh.data()), s, T, D, s, true);
  const Result two = run(padded, h0, up, Boundaries::lengths(lengths));
  const auto back = [&](const Tensor& batch) {
    Tensor row({1, total, batch.size(2)});
    for (int64_t s = 0; s < S; ++s)
      move(const_cast<real*>(batch.data()), row.mutable_data(), s, T, batch.size(2), s, false);
    return row;
  };
  CHECK(same_bits(back(two.h), one.h));
  CHECK(same_bits(two.dh0, one.dh0));
  for (size_t i = 0; i < channels.size(); ++i) CHECK(same_bits(back(two.dx[i]), one.dx[i]));
  for (int64_t s = 0; s < S; ++s)
    for (int64_t t = lengths[size_t(s)]; t < T; ++t)
      for (size_t i = 0; i < channels.size(); ++i) CHECK(two.dx[i].data()[(s * T + t) * channels[i]] == 0);

  for (int64_t s = 0; s < S; ++s) {
    const int64_t n = lengths[size_t(s)];
    const auto part = [&](const Tensor& row) {
      const int64_t C = row.size(2);
      return Tensor({1, n, C}, {row.data() + cu[size_t(s)] * C, row.data() + cu[size_t(s) + 1] * C});
    };
    std::vector<Tensor> inputs;
    for (const Tensor& input : packed) inputs.push_back(part(input));
    const Tensor start({1, D}, {h0.data() + s * D, h0.data() + (s + 1) * D});
    const Result alone = run(inputs, start, part(dh), {});
    CHECK(same_bits(alone.h, part(one.h)));
    for (size_t i = 0; i < channels.size(); ++i) CHECK(same_bits(alone.dx[i], part(one.dx[i])));
    CHECK(same_bits(alone.dh0, Tensor({1, D}, {one.dh0.data() + s * D, one.dh0.data() + (s + 1) * D})));
  }
}

}  // namespace scangrad::SCANGRAD_PRECISION
