// Internal: the sequences of a batch in the order in which recurrent_loop.h runs them, and where their steps lie.
//
//   const SequenceBlocks sequences(at, B, T);
//   sequences.each_block(work, most, size, [&](int64_t first, int64_t last, real* scratch) {
//     int64_t active = last;
//     for (int64_t t = 0; t < sequences.steps(first); ++t) {
//       while (sequences.steps(active - 1) <= t) --active;
//       ... step t of sequences first ... active - 1, in rows sequences.row(i, t) of (B T, D) ...
//     }
//   });
//
// The longest sequence is number 0; sequences of equal length keep the order of the batch. So the sequences of a block
// that still have a step t are always its first ones. Padding belongs to no sequence. In reverse, step 0 of a sequence
// is its last one in the row.
#pragma once

#include <algorithm>
#include <utility>

#include "../../core/threads.h"
#include "../boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

class SequenceBlocks {
 public:
  SequenceBlocks(const Boundaries& at, int64_t B, int64_t T)
      : spans_(at.spans(B, T)), order_(spans_.size()), T_(T), in_reverse_(at.in_reverse()) {
    for (int64_t s = 0; s < spans_.size(); ++s)
      if (!spans_[s].is_padding()) order_[count_++] = s;
    std::sort(order_.data(), order_.data() + count_, [this](int64_t i, int64_t j) {
      return std::pair(-spans_[i].steps(), i) < std::pair(-spans_[j].steps(), j);
    });
  }

  const SpanList& spans() const { return spans_; }  // of the batch, padding included
  int64_t count() const { return count_; }
  const Span& operator[](int64_t i) const { return spans_[order_[i]]; }
  int64_t steps(int64_t i) const { return (*this)[i].steps(); }
  int64_t all_steps() const {
    int64_t sum = 0;
    for (int64_t i = 0; i < count_; ++i) sum += steps(i);
    return sum;
  }
  // The row of (B T, D) that holds step t of sequence i.
  int64_t row(int64_t i, int64_t t) const {
    const Span& span = (*this)[i];
    return span.row * T_ + (in_reverse_ ? span.end - 1 - t : span.begin + t);
  }

  // Calls body(first, last, scratch) for blocks of at most `most` sequences, in parallel. scratch holds most * size
  // numbers. `work` is the work of all steps, as in threads_for.
  template <class Body>
  void each_block(int64_t work, int64_t most, int64_t size, Body body) const {
    const int workers = threads_for(work);
    const int64_t block = std::clamp<int64_t>((count_ + workers - 1) / workers, 1, most);
    const Scratch<real> scratch(workers * most * size);
    each_task((count_ + block - 1) / block, workers, [&](int64_t i) {
      body(i * block, std::min((i + 1) * block, count_), scratch.data() + thread_index() * most * size);
    });
  }

  // Zeros in the rows of the padding of an array (B T, width).
  void clear_padding(real* to, int64_t width) const {
    for (const Span& span : spans_)
      if (span.is_padding()) std::fill_n(to + (span.row * T_ + span.begin) * width, span.steps() * width, real(0));
  }

 private:
  SpanList spans_;
  Scratch<int64_t> order_;  // indices into spans_
  int64_t count_ = 0;
  int64_t T_;
  bool in_reverse_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
