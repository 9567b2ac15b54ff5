// Internal: the time loop of the networks whose gates look at the previous state, trained by backpropagation through
// time. The cell (Elman, GRU, LSTM) is its parameter.
//
//   forward     q = h[t-1] W^T                    a small product at each step: the part that cannot run in parallel
//               states[t] = cell(p[t], q + b, states[t-1])
//   backward    from the last step to the first:   dp[t], dq, dstates[t-1] = the cell's;   dh[t-1] += dq W
//               afterwards, in one product each:   dW = sum over t of dq[t]^T h[t-1],   db = sum of dq[t]
//
// p, the projection of the inputs with their bias, comes as one product over all steps from outside (ops/affine.h).
// Sequences are taken in blocks, the longest first; each block runs through time on one thread, without waiting for
// others, with W laid out once for all steps (core/kernels/packed_matrix.h). Nothing is summed across sequences before
// the last two products, so packed, padded and separate sequences, and any number of threads, have the same bits.
//
// A cell has kGates, kStates (h alone, or h and c), kOwnHidden (whether the last gate's gradient differs between p and
// q) and, for one step of one sequence with H channels:
//
//   forward(gates, kept, states, p, q, b, H)      states in place; gates (kGates H) and, with kOwnHidden, kept (H) are
//                                                 what backward needs
//   backward(gates, kept, dq, flow, before, after, H)
//                                                 gates becomes dp, kept becomes the last gate's part of dq; flow, the
//                                                 whole gradient of the states, becomes what goes back beside dq
//
// and, where it has such gates, keep_and_write(gates, d, H) of a step's channel d, for core/observe/gate_watch.h.
#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/kernels/gemm.h"
#include "../../core/kernels/packed_matrix.h"
#include "../../core/kernels/sums.h"
#include "../../core/observe/profile.h"
#include "../boundaries.h"
#include "../watched_gates.h"

namespace scangrad::SCANGRAD_PRECISION {

template <class Cell>
class RecurrentLoop {
 public:
  static constexpr int64_t kGates = Cell::kGates, kStates = Cell::kStates;
  using States = std::array<Tensor, static_cast<size_t>(kStates)>;

  // p (B, T, kGates H), weight (kGates H, H), bias (kGates H), starts (S, H); results (B, T, H).
  static States run(const char* op, const Tensor& p, const Tensor& weight, const Tensor& bias, const States& starts,
                    const Boundaries& at) {
    check(weight.shape().rank() == 2 && weight.size(0) == kGates * weight.size(1),
          "{}: weight has shape {}, but ({} H, H) is needed", op, weight.shape(), kGates);
    const int64_t H = weight.size(1);
    check(p.shape().rank() == 3 && p.size(2) == kGates * H, "{}: projection has shape {}, but (B, T, {}) is needed", op,
          p.shape(), kGates * H);
    check(bias.shape() == Shape{kGates * H}, "{}: bias has shape {}, but {} is needed", op, bias.shape(),
          Shape{kGates * H});
    const int64_t B = p.size(0), T = p.size(1);
    for (const Tensor& start : starts) check_starts(op, start, {at.sequences(B, T), H}, "a start");

    auto loop = std::make_shared<RecurrentLoop>(at, B, T, H);
    loop->forward(p, weight, bias, starts);
    if constexpr (requires { Cell::keep_and_write(nullptr, 0, 0); })
      tell_watch(op, loop->spans_, B, T, H, [gates = loop->gates_.data(), H](int64_t row, int64_t d) {
        return Cell::keep_and_write(gates + row * kGates * H, d, H);
      });
    std::vector<Tensor> inputs{p, weight, bias}, outputs(loop->states_.begin(), loop->states_.end());
    inputs.insert(inputs.end(), starts.begin(), starts.end());
    std::vector<Saved> saved(outputs.begin(), outputs.end());
    for (const Tensor& start : starts) saved.emplace_back(start.detach());
    const auto backward = [loop, w = Saved(weight), saved](const std::vector<Tensor>& dy, Sinks& into) {
      for (const Saved& each : saved) each.get();  // or it was overwritten
      loop->backward(dy, w.get(), into);
    };
    const std::vector<Tensor> recorded = record(op, outputs, inputs, backward);
    States result;
    std::copy(recorded.begin(), recorded.end(), result.begin());
    return result;
  }

  RecurrentLoop(const Boundaries& at, int64_t B, int64_t T, int64_t H)
      : T_(T),
        H_(H),
        rows_(B * T),
        in_reverse_(at.in_reverse()),
        spans_(at.spans(B, T)),
        order_(spans_.size()),
        gates_({B, T, kGates * H}) {
    if (Cell::kOwnHidden) kept_ = Tensor({B, T, H});
    for (Tensor& state : states_) state = Tensor({B, T, H});
    for (int64_t i = 0; i < spans_.size(); ++i)
      if (spans_[i].start >= 0) order_[sequences_++] = i;
    std::sort(order_.data(), order_.data() + sequences_,
              [&](int64_t i, int64_t j) { return std::pair(-steps(spans_[i]), i) < std::pair(-steps(spans_[j]), j); });
  }

 private:
  static constexpr int64_t kBlock = PackedMatrix::kRows;  // most sequences of a block
  using Pointers = std::array<real*, static_cast<size_t>(kStates)>;
  using Inputs = std::array<const real*, static_cast<size_t>(kStates)>;

  // Row r of what only some cells keep.
  real* own(real* kept, int64_t r) const { return Cell::kOwnHidden ? kept + r * H_ : nullptr; }
  static int64_t steps(const Span& span) { return span.end - span.begin; }
  const Span& sequence(int64_t i) const { return spans_[order_[i]]; }
  int64_t row(const Span& span, int64_t step) const {
    return span.row * T_ + (in_reverse_ ? span.end - 1 - step : span.begin + step);
  }

  // Calls body(first, last, scratch) for blocks of sequences; scratch holds `size` numbers for each of a block.
  template <class Body>
  void each_block(int64_t size, Body body) const {
    const int workers = threads_for(rows_ * kGates * H_ * (H_ / 64 + 1));
    const int64_t block = std::clamp<int64_t>((sequences_ + workers - 1) / workers, 1, kBlock);
    const Scratch<real> scratch(workers * kBlock * size);
#pragma omp parallel for num_threads(workers) schedule(dynamic)
    for (int64_t first = 0; first < sequences_; first += block)
      body(first, std::min(first + block, sequences_), scratch.data() + thread_index() * kBlock * size);
  }

  // Where state k of a sequence begins: a row of starts, or zeros.
  const real* start(const real* zeros, const Span& span, size_t k) const {
    return starts_[k].defined() ? starts_[k].data() + span.start * H_ : zeros;
  }

  void fill_padding(real* to, int64_t width) const {
    for (const Span& span : spans_)
      if (span.start < 0) std::fill_n(to + (span.row * T_ + span.begin) * width, steps(span) * width, real(0));
  }

  void forward(const Tensor& p, const Tensor& weight, const Tensor& bias, const States& starts) {
    starts_ = starts;
    for (Tensor& tensor : starts_) tensor = tensor.detach();
    const PackedMatrix packed(transposed(matrix(weight.data(), kGates * H_, H_)));
    Pointers y;
    for (size_t k = 0; k < y.size(); ++k) {
      y[k] = states_[k].mutable_data();
      fill_padding(y[k], H_);
    }
    real* const gates = gates_.mutable_data();
    real* const kept = kept_.mutable_data();
    fill_padding(gates, kGates * H_);
    if (Cell::kOwnHidden) fill_padding(kept, H_);
    const real* const b = bias.data();
    const real* const projection = p.data();
    const Scratch<real> zeros(H_);
    std::fill_n(zeros.data(), H_, real(0));
    each_block((kGates + kStates) * H_, [&](int64_t first, int64_t last, real* scratch) {
      real* const q = scratch + kBlock * kStates * H_;
      for (int64_t i = first; i < last; ++i)
        for (size_t k = 0; k < y.size(); ++k)
          std::copy_n(start(zeros.data(), sequence(i), k), H_, state(scratch, i - first, k));
      int64_t active = last;
      for (int64_t t = 0; t < steps(sequence(first)); ++t) {
        while (steps(sequence(active - 1)) <= t) --active;
        packed.multiply(q, kGates * H_, scratch, H_, active - first, false);
        for (int64_t i = first; i < active; ++i) {
          const int64_t r = row(sequence(i), t);
          Pointers now;
          for (size_t k = 0; k < y.size(); ++k) now[k] = state(scratch, i - first, k);
          Cell::forward(gates + r * kGates * H_, own(kept, r), now, projection + r * kGates * H_,
                        q + (i - first) * kGates * H_, b, H_);
          for (size_t k = 0; k < y.size(); ++k) std::copy_n(now[k], H_, y[k] + r * H_);
        }
      }
    });
    count_loop();
  }

  // Number i of state k of a block: the h of all its sequences lie together.
  real* state(real* scratch, int64_t i, size_t k) const {
    return scratch + (static_cast<int64_t>(k) * kBlock + i) * H_;
  }
  // One product for each step of every sequence; those of a step run side by side.
  void count_loop() const {
    int64_t sum = 0;
    for (int64_t i = 0; i < sequences_; ++i) sum += steps(sequence(i));
    count_flops(2 * sum * kGates * H_ * H_);
    if (sequences_ > 0) count_products(steps(sequence(0)));
  }

  void backward(const std::vector<Tensor>& dy, const Tensor& weight, Sinks& into) {
    const Tensor before({rows_, H_});  // h[t-1]
    through_time(dy, weight, before, into);
    const real* const gates = gates_.data();
    const int64_t shared = Cell::kOwnHidden ? kGates - 1 : kGates;  // gates whose dq is their dp
    if (const Sink dw = into[1]; dw) {
      const Matrix h = matrix(before.data(), rows_, H_);
      gemm(dw.data, H_, transposed(matrix(gates, rows_, shared * H_, kGates * H_)), h, dw.add);
      if (Cell::kOwnHidden)
        gemm(dw.data + shared * H_ * H_, H_, transposed(matrix(kept_.data(), rows_, H_)), h, dw.add);
    }
    if (const Sink db = into[2]; db) {
      const Scratch<real> sums(kGates * H_), last(H_);
      sum_axis(Sink{sums.data()}, 1, rows_, kGates * H_, [=](int64_t i) { return gates[i]; });
      if (Cell::kOwnHidden)
        sum_axis(Sink{last.data()}, 1, rows_, H_, [kept = kept_.data()](int64_t i) { return kept[i]; });
      for (int64_t i = 0; i < kGates * H_; ++i) put(db, i, i < shared * H_ ? sums[i] : last[i - shared * H_]);
    }
    into.give(0, gates_);
  }

  void through_time(const std::vector<Tensor>& dy, const Tensor& weight, Tensor before, Sinks& into) {
    const PackedMatrix packed(matrix(weight.data(), kGates * H_, H_));
    real* const gates = gates_.mutable_data();
    real* const kept = kept_.mutable_data();
    real* const previous = before.mutable_data();
    fill_padding(previous, H_);
    std::array<Sink, static_cast<size_t>(kStates)> dstarts;
    for (size_t k = 0; k < dstarts.size(); ++k) dstarts[k] = into[3 + static_cast<int>(k)];
    const Scratch<real> zeros(H_);
    std::fill_n(zeros.data(), H_, real(0));
    each_block((kGates + kStates) * H_, [&](int64_t first, int64_t last, real* scratch) {
      real* const dq = scratch + kBlock * kStates * H_;
      std::fill_n(scratch, kBlock * kStates * H_, real(0));
      int64_t active = first;
      for (int64_t t = steps(sequence(first)) - 1; t >= 0; --t) {
        while (active < last && steps(sequence(active)) > t) ++active;
        for (int64_t i = first; i < active; ++i) {
          const Span& span = sequence(i);
          const int64_t r = row(span, t);
          Pointers flow;
          Inputs was, is;
          for (size_t k = 0; k < flow.size(); ++k) {
            flow[k] = state(scratch, i - first, k);
            is[k] = states_[k].data() + r * H_;
            was[k] = t > 0 ? states_[k].data() + row(span, t - 1) * H_ : start(zeros.data(), span, k);
            if (dy[k].defined())
              for (int64_t d = 0; d < H_; ++d) flow[k][d] += dy[k].data()[r * H_ + d];
          }
          std::copy_n(was[0], H_, previous + r * H_);
          Cell::backward(gates + r * kGates * H_, own(kept, r), dq + (i - first) * kGates * H_, flow, was, is, H_);
        }
        packed.multiply(scratch, H_, dq, kGates * H_, active - first, true);
      }
      for (int64_t i = first; i < last; ++i)
        for (size_t k = 0; k < dstarts.size(); ++k)
          for (int64_t d = 0; d < H_; ++d) put(dstarts[k], sequence(i).start * H_ + d, state(scratch, i - first, k)[d]);
    });
    count_loop();
  }

  int64_t T_, H_, rows_;
  bool in_reverse_;
  SpanList spans_;
  Scratch<int64_t> order_;  // of the sequences among the spans, the longest first
  int64_t sequences_ = 0;
  Tensor gates_;   // (B, T, kGates H)
  Tensor kept_;    // (B, T, H), with kOwnHidden
  States states_;  // (B, T, H)
  States starts_;  // (S, H)
};

}  // namespace scangrad::SCANGRAD_PRECISION
