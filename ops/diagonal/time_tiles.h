// Internal: runs a recurrence over every sequence of a batch, in either direction, so that all threads have work
// whether the sequences are many or there is only one.
//
//   const TimeTiles tiles(spans, T, D, descending, kept);
//   if (tiles.sequences_suffice())
//     tiles.each_sequence(body);             // body(tile, state)
//   else
//     tiles.each(prepare, chain, finish);    // prepare(tile), chain(tile, state), finish(tile)
//
// Many sequences: each is one task for one thread, and one tile. Otherwise, where one sequence is longer than half of a
// thread's share, all are cut into tiles that fit into the second-level cache (ops/time_pieces.h). Any thread prepares
// and finishes any tile. Only the chains run in order, because they carry the state (one row of D numbers) from tile to
// tile. How a batch is cut depends on the number of threads, so the cut may not change the bits of the results.
//
// A tile of each() has `kept` arrays with a row for each of its steps, and every tile has `kept` spare rows. All these
// rows are padded to whole vectors.
#pragma once

#include <algorithm>

#include "../../core/memory.h"
#include "../../core/threads.h"
#include "../time_pieces.h"

namespace scangrad::SCANGRAD_PRECISION {

class TimeTiles {
 public:
  static constexpr int64_t kLanes = 64 / sizeof(real);  // rows are padded to a multiple of this

  // A piece of a sequence, with the memory that the body may use for it.
  struct Tile : TimePiece {
    real* buffers;
    const TimeTiles& all;

    int64_t stride() const { return all.stride_; }
    real* spare(int64_t k) const { return buffers + k * all.stride_; }
    // The row of array k for a step.
    real* kept(int64_t k, int64_t step) const {
      return buffers + (all.kept_ + k * all.rows_ + step - begin) * all.stride_;
    }
  };

  // `descending`: from each sequence's end to its begin.
  TimeTiles(const SpanList& spans, int64_t T, int64_t D, bool descending, int64_t kept)
      : D_(D),
        stride_((D + kLanes - 1) / kLanes * kLanes),
        kept_(kept),
        totals_(spans),
        workers_(threads_for(4 * totals_.steps * D)),
        sequences_suffice_(workers_ == 1 || 2 * workers_ * totals_.longest <= totals_.steps),
        rows_(sequences_suffice_ ? 0 : std::max<int64_t>(1, kTile / stride_)),
        pieces_(spans, T, sequences_suffice_ ? totals_.longest : rows_, descending) {}

  bool sequences_suffice() const { return sequences_suffice_; }
  // The number of steps of all sequences.
  int64_t steps() const { return totals_.steps; }

  template <class Body>
  void each_sequence(Body body) const {
    const SpanList& spans = pieces_.spans();
    const Buffers buffers(*this);
    const auto one = [&](int64_t s) {
      if (!spans[s].is_padding()) body(Tile{pieces_.of(s, 0), buffers.of_thread(), *this}, buffers.state_of_thread());
    };
    each_task(spans.size(), workers_, one, /*at_a_time=*/std::max<int64_t>(1, spans.size() / (64 * workers_)));
  }

  template <class Prepare, class Chain, class Finish>
  void each(Prepare prepare, Chain chain, Finish finish) const {
    const Buffers buffers(*this);
    Turns turns;
    each_task(pieces_.size(), workers_, [&](int64_t i) {
      const Tile tile{pieces_[i], buffers.of_thread(), *this};
      const bool runs = !tile.span.is_padding();
      if (runs) prepare(tile);
      turns.wait_for(i);
      if (runs) chain(tile, buffers.state());
      turns.end();
      if (runs) finish(tile);
    });
  }

  // Calls body(row) for the rows of the padding.
  template <class Body>
  void each_padding(Body body) const {
    if (totals_.padding == 0) return;
    each_task(pieces_.size(), threads_for(totals_.padding * stride_), [&](int64_t i) {
      if (const TimePiece piece = pieces_[i]; piece.span.is_padding())
        for (int64_t step = piece.begin; step < piece.end; ++step) body(piece.row(step));
    });
  }

 private:
  static constexpr int64_t kTile = 16 * 1024;  // numbers of a tile's array

  struct Totals {
    explicit Totals(const SpanList& spans) {
      for (const Span& span : spans) {
        (span.is_padding() ? padding : steps) += span.steps();
        if (!span.is_padding()) longest = std::max(longest, span.steps());
      }
    }
    int64_t steps = 0, padding = 0;
    int64_t longest = 1;  // steps of the longest sequence, at least 1
  };

  struct Buffers {
    explicit Buffers(const TimeTiles& all)
        : size((all.kept_ + all.kept_ * all.rows_) * all.stride_),
          stride(all.stride_),
          data(all.workers_ * (size + stride)) {
      // Chains run over the unused end of each row too. Numbers left there by others could be denormal, and slow.
      if (all.stride_ != all.D_) std::fill_n(data.data(), all.workers_ * (size + stride), real(0));
    }
    real* of_thread() const { return data.data() + thread_index() * (size + stride); }
    real* state_of_thread() const { return of_thread() + size; }
    real* state() const { return data.data() + size; }

    int64_t size, stride;
    Scratch<real> data;
  };

  int64_t D_, stride_, kept_;
  Totals totals_;
  int workers_;
  bool sequences_suffice_;
  int64_t rows_;  // steps of a tile of each()
  TimePieces pieces_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
