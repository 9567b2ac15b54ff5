// Internal: the time loop of the networks with gates that depend on the previous state, trained by backpropagation
// through time. The cell (Elman, GRU, LSTM) is its parameter. unrolled.h is the same loop in its plain form.
//
//   forward     q = h[t-1] W^T                         one small product for each step, one after the other
//               states[t] = cell(p[t], q + b, states[t-1])
//   backward    from the last step to the first:       dp[t], dq[t], dstates[t-1] = the gradients of the cell
//                                                      dh[t-1] += dq[t] W
//               afterwards, one product for each:      dW = sum over t of dq[t]^T h[t-1],   db = sum over t of dq[t]
//
// p, the projection of the inputs with their bias, is computed before, as one product over all steps (ops/affine.h).
// The sequences run in blocks, the longest first (sequence_blocks.h). Each block runs through time on one thread, and
// no block waits for another. W is packed once for all steps (core/kernels/packed_matrix.h). Sums over sequences occur
// in the last two products only, so packed, padded and separate sequences, and any number of threads, have the same
// bits.
//
// A cell has kGates, kStates (1: h, 2: h and c), kOwnHidden (true if the last gate has different gradients for p and q)
// and these functions, for one step of one sequence with H channels:
//
//   forward(gates, kept, states, p, q, b, H)     Updates the states in place. Stores what backward needs: gates
//                                                (kGates H) and, with kOwnHidden, kept (H).
//   backward(gates, kept, dq, flow, before, after, H)
//                                                flow is the whole gradient of the states after the step; it becomes
//                                                the gradient of the states before, without the part that goes through
//                                                dq. gates becomes dp, and kept becomes the last gate's part of dq.
//   keep_and_write(gates, d, H)                  The values of channel d for core/observe/gate_watch.h; missing in a
//                                                cell that has no such gates.
#pragma once

#include <algorithm>
#include <array>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/kernels/packed_matrix.h"
#include "../../core/kernels/sums.h"
#include "../../core/observe/profile.h"
#include "../precision.h"
#include "../watched_gates.h"
#include "sequence_blocks.h"

namespace scangrad::SCANGRAD_PRECISION {

template <class Cell>
class RecurrentLoop {
 public:
  static constexpr int64_t kGates = Cell::kGates, kStates = Cell::kStates;
  using States = std::array<Tensor, static_cast<size_t>(kStates)>;

  // p (B, T, kGates H), weight (kGates H, H), bias (kGates H), starts (S, H); results (B, T, H).
  static States run(const char* op, const Tensor& p, const Tensor& weight, const Tensor& bias, const States& starts,
                    const Boundaries& at) {
    check_shapes(op, p, weight, bias, starts, at);
    const int64_t B = p.size(0), T = p.size(1), H = weight.size(1);
    auto loop = std::make_shared<RecurrentLoop>(at, B, T, H);
    loop->forward(p, weight, bias, starts);
    if constexpr (requires { Cell::keep_and_write(nullptr, 0, 0); })
      tell_watch(op, loop->sequences_.spans(), B, T, H, [gates = loop->gates_.data(), H](int64_t row, int64_t d) {
        return Cell::keep_and_write(gates + row * kGates * H, d, H);
      });

    std::vector<Tensor> inputs{p, weight, bias}, outputs(loop->states_.begin(), loop->states_.end());
    inputs.insert(inputs.end(), starts.begin(), starts.end());
    std::vector<Saved> saved(outputs.begin(), outputs.end());
    for (const Tensor& start : starts) saved.emplace_back(start.detach());
    const auto backward = [loop, w = Saved(weight), saved](const std::vector<Tensor>& dy, Sinks& into) {
      for (const Saved& each : saved) each.get();  // an error if it was overwritten
      loop->backward(dy, w.get(), into);
    };
    const std::vector<Tensor> recorded = record(op, outputs, inputs, backward);
    States result;
    std::copy(recorded.begin(), recorded.end(), result.begin());
    return result;
  }

  RecurrentLoop(const Boundaries& at, int64_t B, int64_t T, int64_t H)
      : sequences_(at, B, T), rows_(B * T), H_(H), gates_({B, T, kGates * H}) {
    if (Cell::kOwnHidden) kept_ = Tensor({B, T, H});
    for (Tensor& state : states_) state = Tensor({B, T, H});
  }

 private:
  static constexpr int64_t kBlock = PackedMatrix::kRows;  // most sequences of a block
  // The number of gates with the same gradient for p and q: the first ones.
  static constexpr int64_t kShared = Cell::kOwnHidden ? kGates - 1 : kGates;
  using Pointers = std::array<real*, static_cast<size_t>(kStates)>;
  using Inputs = std::array<const real*, static_cast<size_t>(kStates)>;

  static void check_shapes(const char* op, const Tensor& p, const Tensor& weight, const Tensor& bias,
                           const States& starts, const Boundaries& at) {
    check(weight.shape().rank() == 2 && weight.size(0) == kGates * weight.size(1),
          "{}: weight has shape {}, but ({} H, H) is needed", op, weight.shape(), kGates);
    const int64_t H = weight.size(1);
    check(p.shape().rank() == 3 && p.size(2) == kGates * H, "{}: projection has shape {}, but (B, T, {}) is needed", op,
          p.shape(), kGates * H);
    check(bias.shape() == Shape{kGates * H}, "{}: bias has shape {}, but {} is needed", op, bias.shape(),
          Shape{kGates * H});
    for (const Tensor& start : starts) check_starts(op, start, {at.sequences(p.size(0), p.size(1)), H}, "a start");
  }

  // The working memory of a block: the states of its sequences, or their gradients, and q or dq. The h of all sequences
  // lie one after the other, as rows of a matrix, and so do the q.
  struct Memory {
    real* data;
    int64_t H;
    static int64_t size(int64_t H) { return (kStates + kGates) * H; }  // for each sequence
    real* state(int64_t i, size_t k) const { return data + (static_cast<int64_t>(k) * kBlock + i) * H; }
    real* q(int64_t i) const { return data + (kBlock * kStates + i * kGates) * H; }
    Pointers states(int64_t i) const {
      Pointers result;
      for (size_t k = 0; k < result.size(); ++k) result[k] = state(i, k);
      return result;
    }
  };

  // The arrays over time, to write, and their row r.
  struct OverTime {
    real *gates, *kept;
    Pointers states;
    int64_t H;
    real* gates_at(int64_t r) const { return gates + r * kGates * H; }
    real* kept_at(int64_t r) const { return Cell::kOwnHidden ? kept + r * H : nullptr; }
  };

  // Where state k of sequence i starts: in a row of starts_, or at zeros.
  const real* start(int64_t i, size_t k, const real* zeros) const {
    return starts_[k].defined() ? starts_[k].data() + sequences_[i].start * H_ : zeros;
  }

  template <class Body>
  void each_block(Body body) const {
    const int64_t work = rows_ * kGates * H_ * (H_ / 64 + 1);
    sequences_.each_block(work, kBlock, Memory::size(H_), [&](int64_t first, int64_t last, real* scratch) {
      body(first, last, Memory{scratch, H_});
    });
    // One product for each step of every sequence; those of the same step run side by side.
    count_flops(2 * sequences_.all_steps() * kGates * H_ * H_);
    if (sequences_.count() > 0) count_products(sequences_.steps(0));
  }

  struct ForwardInput {
    const PackedMatrix& weight;
    const real *p, *b, *zeros;
  };

  void forward(const Tensor& p, const Tensor& weight, const Tensor& bias, const States& starts) {
    for (size_t k = 0; k < starts.size(); ++k) starts_[k] = starts[k].detach();
    const Scratch<real> zeros(H_);
    std::fill_n(zeros.data(), H_, real(0));
    const PackedMatrix packed(transposed(matrix(weight.data(), kGates * H_, H_)));
    OverTime out{gates_.mutable_data(), kept_.mutable_data(), {}, H_};
    sequences_.clear_padding(out.gates, kGates * H_);
    if (Cell::kOwnHidden) sequences_.clear_padding(out.kept, H_);
    for (size_t k = 0; k < states_.size(); ++k) {
      out.states[k] = states_[k].mutable_data();
      sequences_.clear_padding(out.states[k], H_);
    }
    const ForwardInput in{packed, p.data(), bias.data(), zeros.data()};
    each_block([&](int64_t first, int64_t last, const Memory& memory) { forward_block(out, in, first, last, memory); });
  }

  // q = h[t-1] W^T, then states[t] = cell(p[t], q + b, states[t-1]).
  void forward_block(const OverTime& out, const ForwardInput& in, int64_t first, int64_t last,
                     const Memory& memory) const {
    for (int64_t i = first; i < last; ++i)
      for (size_t k = 0; k < out.states.size(); ++k) std::copy_n(start(i, k, in.zeros), H_, memory.state(i - first, k));
    int64_t active = last;
    for (int64_t t = 0; t < sequences_.steps(first); ++t) {
      while (sequences_.steps(active - 1) <= t) --active;
      in.weight.multiply(memory.q(0), kGates * H_, memory.state(0, 0), H_, active - first, false);
      for (int64_t i = first; i < active; ++i) {
        const int64_t r = sequences_.row(i, t);
        const Pointers states = memory.states(i - first);
        Cell::forward(out.gates_at(r), out.kept_at(r), states, in.p + r * kGates * H_, memory.q(i - first), in.b, H_);
        for (size_t k = 0; k < states.size(); ++k) std::copy_n(states[k], H_, out.states[k] + r * H_);
      }
    }
  }

  struct BackwardInput {
    const PackedMatrix& weight;
    const std::vector<Tensor>& dy;
    const real* zeros;
    real* previous;  // (B T, H), to be filled with h[t-1]
    std::array<Sink, static_cast<size_t>(kStates)> dstarts;
  };

  void backward(const std::vector<Tensor>& dy, const Tensor& weight, Sinks& into) {
    Tensor previous({rows_, H_});
    through_time(dy, weight, previous, into);
    const real* const gates = gates_.data();
    if (const Sink dw = into[1]; dw) {
      const Matrix h = matrix(previous.data(), rows_, H_);
      product(precision_, dw.data, H_, transposed(matrix(gates, rows_, kShared * H_, kGates * H_)), h, dw.add);
      if (Cell::kOwnHidden)
        product(precision_, dw.data + kShared * H_ * H_, H_, transposed(matrix(kept_.data(), rows_, H_)), h, dw.add);
    }
    if (const Sink db = into[2]; db) {
      const Scratch<real> sums(kGates * H_), last(H_);
      sum_axis(Sink{sums.data()}, 1, rows_, kGates * H_, [=](int64_t i) { return gates[i]; });
      if (Cell::kOwnHidden)
        sum_axis(Sink{last.data()}, 1, rows_, H_, [kept = kept_.data()](int64_t i) { return kept[i]; });
      for (int64_t i = 0; i < kGates * H_; ++i) put(db, i, i < kShared * H_ ? sums[i] : last[i - kShared * H_]);
    }
    into.give(0, gates_);
  }

  // Replaces gates_ by dp and kept_ by the last gate's dq, and fills `previous` with h[t-1].
  void through_time(const std::vector<Tensor>& dy, const Tensor& weight, Tensor& previous, Sinks& into) {
    const Scratch<real> zeros(H_);
    std::fill_n(zeros.data(), H_, real(0));
    const PackedMatrix packed(matrix(weight.data(), kGates * H_, H_));
    const OverTime out{gates_.mutable_data(), kept_.mutable_data(), {}, H_};
    BackwardInput in{packed, dy, zeros.data(), previous.mutable_data(), {}};
    sequences_.clear_padding(in.previous, H_);
    for (size_t k = 0; k < in.dstarts.size(); ++k) in.dstarts[k] = into[3 + static_cast<int>(k)];
    each_block(
        [&](int64_t first, int64_t last, const Memory& memory) { backward_block(out, in, first, last, memory); });
  }

  // dp[t], dq[t] and dstates[t-1] from the cell, then dh[t-1] += dq[t] W, from the last step to the first.
  void backward_block(const OverTime& out, const BackwardInput& in, int64_t first, int64_t last,
                      const Memory& memory) const {
    std::fill_n(memory.data, kBlock * kStates * H_, real(0));
    int64_t active = first;
    for (int64_t t = sequences_.steps(first) - 1; t >= 0; --t) {
      while (active < last && sequences_.steps(active) > t) ++active;
      for (int64_t i = first; i < active; ++i) {
        const int64_t r = sequences_.row(i, t);
        const Pointers flow = memory.states(i - first);
        Inputs before, after;
        for (size_t k = 0; k < flow.size(); ++k) {
          after[k] = states_[k].data() + r * H_;
          before[k] = t > 0 ? states_[k].data() + sequences_.row(i, t - 1) * H_ : start(i, k, in.zeros);
          if (in.dy[k].defined())
            for (int64_t d = 0; d < H_; ++d) flow[k][d] += in.dy[k].data()[r * H_ + d];
        }
        std::copy_n(before[0], H_, in.previous + r * H_);
        Cell::backward(out.gates_at(r), out.kept_at(r), memory.q(i - first), flow, before, after, H_);
      }
      in.weight.multiply(memory.state(0, 0), H_, memory.q(0), kGates * H_, active - first, true);
    }
    for (int64_t i = first; i < last; ++i)
      for (size_t k = 0; k < in.dstarts.size(); ++k)
        for (int64_t d = 0; d < H_; ++d)
          put(in.dstarts[k], sequences_[i].start * H_ + d, memory.state(i - first, k)[d]);
  }

  const Precision precision_ = precision();  // of dW; the products in the loop are in float
  SequenceBlocks sequences_;
  int64_t rows_, H_;
  Tensor gates_;   // (B, T, kGates H)
  Tensor kept_;    // (B, T, H), with kOwnHidden
  States states_;  // (B, T, H)
  States starts_;  // (S, H)
};

}  // namespace scangrad::SCANGRAD_PRECISION
