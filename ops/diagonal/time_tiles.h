// Internal: walks through the steps of every sequence of a batch, in either direction, with every thread busy whether
// sequences are many or one.
//
//   const TimeTiles tiles(spans, T, D, descending, kept);
//   if (tiles.sequences_suffice())
//     tiles.each_sequence(body);             // body(tile, state)
//   else
//     tiles.each(prepare, chain, finish);    // prepare(tile), chain(tile, state), finish(tile)
//
// Where sequences are many, each is a task for one thread and one tile. Where one is longer than half of a thread's
// share, all are cut into tiles that fit into the second-level cache: any thread prepares and finishes them, and only
// the chains, which carry the state (one row of D numbers) from tile to tile, are done in order. So the bits of a tile
// may not depend on how it is cut.
//
// A tile of each() has `kept` arrays with a row for each of its steps; every tile has `kept` spare rows. Rows are
// padded to whole vectors.
#pragma once

#include <algorithm>

#include "../../core/memory.h"
#include "../../core/threads.h"
#include "../boundaries.h"

namespace scangrad::SCANGRAD_PRECISION {

class TimeTiles {
 public:
  static constexpr int64_t kLanes = 64 / sizeof(real);  // rows are padded to a multiple of this

  // Steps begin ... end - 1 of a sequence, counted in the direction of the walk.
  struct Tile {
    const Span& span;
    int64_t begin, end;
    real* buffers;
    const TimeTiles& all;

    bool is_first() const { return begin == 0; }
    bool is_last() const { return end == length(span); }
    // Where a step's numbers lie in (B T, D).
    int64_t row(int64_t step) const {
      return span.row * all.T_ + (all.descending_ ? span.end - 1 - step : span.begin + step);
    }
    int64_t stride() const { return all.stride_; }
    real* spare(int64_t k) const { return buffers + k * all.stride_; }
    // What array k keeps for a step.
    real* kept(int64_t k, int64_t step) const {
      return buffers + (all.kept_ + k * all.rows_ + step - begin) * all.stride_;
    }
  };

  // `descending`: from each sequence's end to its begin.
  TimeTiles(const SpanList& spans, int64_t T, int64_t D, bool descending, int64_t kept)
      : spans_(spans), T_(T), D_(D), stride_((D + kLanes - 1) / kLanes * kLanes), kept_(kept), descending_(descending) {
    int64_t longest = 0;
    for (const Span& span : spans) {
      steps_ += length(span);
      if (span.start < 0) padding_ += span.end - span.begin;
      longest = std::max(longest, length(span));
    }
    workers_ = threads_for(4 * steps_ * D);
    sequences_suffice_ = workers_ == 1 || 2 * workers_ * longest <= steps_;
    if (!sequences_suffice_) rows_ = std::max<int64_t>(1, kTile / stride_);
  }

  bool sequences_suffice() const { return sequences_suffice_; }
  // Of all sequences.
  int64_t steps() const { return steps_; }
  // Of a sequence; none for padding.
  static int64_t length(const Span& span) { return span.start < 0 ? 0 : span.end - span.begin; }

  template <class Body>
  void each_sequence(Body body) const {
    const Buffers buffers(*this);
#pragma omp parallel for num_threads(workers_) schedule(dynamic, std::max <int64_t>(1, spans_.size() / (64 * workers_)))
    for (int64_t s = 0; s < spans_.size(); ++s)
      if (spans_[s].start >= 0)
        body(Tile{spans_[s], 0, length(spans_[s]), buffers.of_thread(), *this}, buffers.state_of_thread());
  }

  template <class Prepare, class Chain, class Finish>
  void each(Prepare prepare, Chain chain, Finish finish) const {
    const Scratch<int64_t> first(spans_.size() + 1);  // number of each sequence's first tile
    first[0] = 0;
    for (int64_t s = 0; s < spans_.size(); ++s) first[s + 1] = first[s] + count(spans_[s]);
    const Buffers buffers(*this);
#pragma omp parallel for num_threads(workers_) ordered schedule(static, 1)
    for (int64_t i = 0; i < first[spans_.size()]; ++i) {
      const int64_t s = std::upper_bound(first.data(), first.data() + spans_.size(), i) - first.data() - 1;
      const int64_t begin = (i - first[s]) * rows_, end = std::min(begin + rows_, length(spans_[s]));
      const Tile tile{spans_[s], begin, end, buffers.of_thread(), *this};
      prepare(tile);
#pragma omp ordered
      chain(tile, buffers.state());
      finish(tile);
    }
  }

  // Calls body(row) for the rows that belong to no sequence.
  template <class Body>
  void each_padding(Body body) const {
#pragma omp parallel for num_threads(threads_for(padding_* stride_)) schedule(dynamic)
    for (int64_t s = 0; s < spans_.size(); ++s)
      if (const Span& span = spans_[s]; span.start < 0)
        for (int64_t t = span.begin; t < span.end; ++t) body(span.row * T_ + t);
  }

 private:
  static constexpr int64_t kTile = 16 * 1024;  // numbers of a tile's array

  // Tiles of a sequence: one for an empty one, so that its state is seen too; none for padding.
  int64_t count(const Span& span) const {
    return span.start < 0 ? 0 : std::max<int64_t>(1, (length(span) + rows_ - 1) / rows_);
  }

  struct Buffers {
    explicit Buffers(const TimeTiles& all)
        : size((all.kept_ + all.kept_ * all.rows_) * all.stride_),
          stride(all.stride_),
          data(all.workers_ * (size + stride)) {
      // Chains run over the padding too, where numbers left from elsewhere could be denormal, and slow.
      if (all.stride_ != all.D_) std::fill_n(data.data(), all.workers_ * (size + stride), real(0));
    }
    real* of_thread() const { return data.data() + thread_index() * (size + stride); }
    real* state_of_thread() const { return of_thread() + size; }
    real* state() const { return data.data() + size; }

    int64_t size, stride;
    Scratch<real> data;
  };

  SpanList spans_;
  int64_t T_, D_, stride_, kept_;
  bool descending_, sequences_suffice_ = true;
  int workers_ = 1;
  int64_t steps_ = 0, padding_ = 0;
  int64_t rows_ = 0;  // steps of a tile of each()
};

}  // namespace scangrad::SCANGRAD_PRECISION
