// Cuts the sequences of a batch (B, T), and its padding, into pieces of at most `most` steps.
//
//   const TimePieces pieces(at.spans(B, T), T, most);
//   for (int64_t i = 0; i < pieces.size(); ++i) {
//     const TimePiece piece = pieces[i];
//     for (int64_t step = piece.begin; step < piece.end; ++step) ... x[piece.row(step) * D + d] ...
//   }
//
// A span of n steps has max(1, ceil(n / most)) pieces, and all but its last piece have `most` steps. So an empty
// sequence has one empty piece: an op that loops over pieces still sees its start state. Pieces are numbered span by
// span, and within a span in the direction of the walk. of(s, k) is piece k of span s.
//
// A joint is a place where two pieces of one sequence meet. An op that keeps a state for each joint keeps joints()
// states; the state before piece k > 0 is number `joint`. Padding has no joints.
#pragma once

#include <algorithm>

#include "../core/memory.h"
#include "boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

// Steps [begin, end) of a span, counted from 0 in the direction of the walk.
struct TimePiece {
  const Span& span;
  int64_t begin, end;
  int64_t joint;  // number of the joint at `begin`; of no meaning in the first piece of a span, and in padding
  int64_t T;
  bool descending;

  int64_t steps() const { return end - begin; }
  bool is_first() const { return begin == 0; }
  bool is_last() const { return end == span.steps(); }
  // The row of (B T, D) that holds a step.
  int64_t row(int64_t step) const { return span.row * T + (descending ? span.end - 1 - step : span.begin + step); }
};

class TimePieces {
 public:
  // `descending`: the walk runs from the end of each span to its begin.
  TimePieces(const SpanList& spans, int64_t T, int64_t most, bool descending = false)
      : spans_(spans), T_(T), most_(most), descending_(descending), before_(spans.size() + 1) {
    before_[0] = {0, 0};
    for (int64_t s = 0; s < spans.size(); ++s) {
      const int64_t count = std::max<int64_t>(1, (spans[s].steps() + most - 1) / most);
      const int64_t joints = spans[s].is_padding() ? 0 : count - 1;
      before_[s + 1] = {before_[s].pieces + count, before_[s].joints + joints};
    }
  }

  const SpanList& spans() const { return spans_; }
  int64_t size() const { return before_[spans_.size()].pieces; }
  int64_t joints() const { return before_[spans_.size()].joints; }
  // Number of pieces of span s.
  int64_t count(int64_t s) const { return before_[s + 1].pieces - before_[s].pieces; }

  TimePiece of(int64_t s, int64_t k) const {
    const Span& span = spans_[s];
    return {span, k * most_, std::min((k + 1) * most_, span.steps()), before_[s].joints + k - 1, T_, descending_};
  }
  // Piece i of the batch. Its span is the last one that has no more than i pieces before it.
  TimePiece operator[](int64_t i) const {
    const Before* const first = before_.data();
    const Before* const after = std::upper_bound(first, first + spans_.size(), i,
                                                 [](int64_t number, const Before& b) { return number < b.pieces; });
    const int64_t s = after - first - 1;
    return of(s, i - before_[s].pieces);
  }

 private:
  struct Before {
    int64_t pieces, joints;  // of all spans before a span
  };

  SpanList spans_;
  int64_t T_, most_;
  bool descending_;
  Scratch<Before> before_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
