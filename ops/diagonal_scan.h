// Internal: the kernels of every recurrence with one state per channel, h[t] = a[t] * h[t-1] + x[t], fused with
// whatever gate makes a and x. ops/scan.cpp is the same algorithm in its plain form, and the oracle of this one.
//
// A Gate says how a and x come from its inputs, and how their gradients go back:
//
//   Affine at(row, d)                       a and x of channel d at step `row` = b * T + t
//   real backward(row, d, s, before)        with s = dL/dh[t], before = h[t-1]: stores the gradients of what at() read
//                                           and returns a
//   void clear(row, first, last)            the gradients of a padding step: zero
//   void prefetch(row, first, last)         asks for what at() will read
//
// Work is serial in time inside a piece, vectors over channels, threads over pieces and blocks of channels. A piece is
// a whole sequence, unless channels are few and the sequence is long. Then every kPiece steps from the sequence's start
// are a piece, and three passes keep all threads busy:
//
//   summarize    each piece as one affine map (A, X): its last state is A * first + X
//   combine      the maps in order, giving the state each piece starts from
//   scan         each piece from that state
//
// Backward is the same from the right, with the adjoint's own map. Whether a sequence is cut depends on its length and
// D alone: not on threads, nor on what else is in the batch, so packed, padded and separate sequences have the same
// bits.
#pragma once

#include <algorithm>

#include "../core/loops.h"
#include "../core/threads.h"
#include "../core/vec_math.h"
#include "boundaries.h"

namespace scangrad::inline SCANGRAD_PRECISION {

struct Affine {
  real a, x;
};

// Asks for the channels first ... last - 1 of a row that will soon be read or written, into the second-level cache.
template <bool writes>
inline void prefetch_row(const real* row, int64_t first, int64_t last) {
  constexpr int64_t kLine = 64 / sizeof(real);
  for (int64_t d = first; d < last; d += kLine) __builtin_prefetch(row + d, writes ? 1 : 0, 2);
}

template <class Gate>
class DiagonalScan {
 public:
  // h (B, T, D) from starts (S, D), which may be null for zeros.
  static void forward(real* h, Gate gate, const real* starts, const SpanList& spans, int64_t T, int64_t D,
                      Direction direction) {
    const DiagonalScan scan(spans, T, D, direction);
    const Scratch<real> maps(3 * scan.cut_ * D);
    real* const A = maps.data();
    real* const X = A + scan.cut_ * D;
    real* const carry = X + scan.cut_ * D;
    if (scan.cut_ > 0) {
      scan.each_block(scan.pieces_.size(), [&](int64_t i, int64_t first, int64_t last) {
        const Piece& piece = scan.pieces_[i];
        if (piece.map >= 0) scan.summarize(A + piece.map * D, X + piece.map * D, gate, piece, first, last);
      });
      scan.combine_forward(carry, A, X, starts);
    }
    scan.each_block(scan.pieces_.size(), [&](int64_t i, int64_t first, int64_t last) {
      const Piece& piece = scan.pieces_[i];
      const real* from = starts != nullptr ? starts + piece.start * D : nullptr;
      if (piece.map >= 0) from = carry + piece.map * D;
      scan.scan_from(h, gate, from, piece, first, last);
    });
  }

  // Stores the gradients of the gate's inputs, and puts dstarts (S, D).
  static void backward(Gate gate, Sink dstarts, const real* dh, const real* h, const real* starts,
                       const SpanList& spans, int64_t T, int64_t D, Direction direction) {
    const DiagonalScan scan(spans, T, D, direction);
    const Scratch<real> maps(3 * scan.cut_ * D);
    real* const A = maps.data();
    real* const X = A + scan.cut_ * D;
    real* const flow = X + scan.cut_ * D;
    if (scan.cut_ > 0) {
      scan.each_block(scan.pieces_.size(), [&](int64_t i, int64_t first, int64_t last) {
        const Piece& piece = scan.pieces_[i];
        if (piece.map >= 0) scan.summarize_adjoint(A + piece.map * D, X + piece.map * D, gate, dh, piece, first, last);
      });
      scan.combine_backward(flow, A, X);
    }
    scan.each_block(scan.pieces_.size(), [&](int64_t i, int64_t first, int64_t last) {
      const Piece& piece = scan.pieces_[i];
      const real* const from = piece.map >= 0 ? flow + piece.map * D : nullptr;
      scan.adjoint_from(gate, dstarts, from, dh, h, starts, piece, first, last);
    });
  }

 private:
  static constexpr int64_t kAhead = 4;     // rows that forward asks for before it needs them, a third faster so
  static constexpr int64_t kWideRow = 64;  // narrower ones the processor fetches early enough by itself
  static constexpr int64_t kLanes = 16;    // channels are divided in multiples of this
  static constexpr int64_t kBlock = 512;   // most channels of a task: its running state stays in the first-level cache
  static constexpr int64_t kPiece = 512;   // steps of a piece of a sequence that is cut
  static constexpr int64_t kLong = 16 * 1024;  // sequences from this length with fewer than kWide channels are cut
  static constexpr int64_t kWide = 256;

  struct Piece {
    int64_t row;         // b * T
    int64_t begin, end;  // steps of the row
    int64_t start;       // row of starts its sequence begins from; -1 for padding
    int64_t map;         // its number among the pieces of cut sequences; -1 for a whole sequence
    bool is_first;       // in the direction of time
    bool is_last;
  };

  DiagonalScan(const SpanList& spans, int64_t T, int64_t D, Direction direction)
      : pieces_(count_pieces(spans, D)), D_(D), reverse_(direction == Direction::kReverse) {
    int64_t n = 0;
    for (const Span& span : spans) {
      const bool is_cut = must_cut(span, D);
      const int64_t length = is_cut ? kPiece : span.end - span.begin;
      const int64_t count = is_cut ? (span.end - span.begin + kPiece - 1) / kPiece : 1;
      for (int64_t i = 0; i < count; ++i) {
        // Pieces are counted from the sequence's start in the direction of time.
        const int64_t near = i * length, far = std::min(near + length, span.end - span.begin);
        const int64_t begin = reverse_ ? span.end - far : span.begin + near;
        const int64_t end = reverse_ ? span.end - near : span.begin + far;
        pieces_[n++] = {span.row * T, begin, end, span.start, is_cut ? cut_++ : -1, i == 0, i == count - 1};
      }
      steps_ += span.end - span.begin;
    }
  }

  struct Pieces {
    explicit Pieces(int64_t n) : list(n), count(n) {}
    Piece& operator[](int64_t i) const { return list[i]; }
    int64_t size() const { return count; }
    Scratch<Piece> list;
    int64_t count;
  };

  static bool must_cut(const Span& span, int64_t D) {
    return span.start >= 0 && D < kWide && span.end - span.begin >= kLong;
  }
  static int64_t count_pieces(const SpanList& spans, int64_t D) {
    int64_t count = 0;
    for (const Span& span : spans) count += must_cut(span, D) ? (span.end - span.begin + kPiece - 1) / kPiece : 1;
    return count;
  }

  // Runs body(i, first channel, last channel) for every i and block of channels. Blocks may follow the number of
  // threads, since channels never meet.
  template <class Body>
  void each_block(int64_t count, Body body) const {
    const auto round_up = [](int64_t n) { return (n + kLanes - 1) / kLanes * kLanes; };
    const int workers = threads_for(4 * steps_ * D_);
    int64_t width = std::clamp(round_up(D_), kLanes, kBlock);
    while (width > kLanes && count * ((D_ + width - 1) / width) < workers) width = round_up(width / 2);
    const int64_t blocks = (D_ + width - 1) / width;
    const int64_t tasks = count * blocks;
#pragma omp parallel for num_threads(workers) schedule(dynamic, std::max <int64_t>(1, tasks / (64 * workers)))
    for (int64_t task = 0; task < tasks; ++task) {
      const int64_t first = task % blocks * width;
      body(task / blocks, first, std::min(first + width, D_));
    }
  }

  // Row of the i-th step of a piece in the direction of time.
  int64_t step(const Piece& piece, int64_t i) const {
    return piece.row + (reverse_ ? piece.end - 1 - i : piece.begin + i);
  }

  void summarize(real* A, real* X, Gate gate, const Piece& piece, int64_t first, int64_t last) const {
    std::fill(A + first, A + last, real(1));
    std::fill(X + first, X + last, real(0));
    for (int64_t i = 0; i < piece.end - piece.begin; ++i) {
      const int64_t row = step(piece, i);
#pragma omp simd
      for (int64_t d = first; d < last; ++d) {
        const Affine map = gate.at(row, d);
        A[d] *= map.a;
        X[d] = madd(map.a, X[d], map.x);
      }
    }
  }

  void scan_from(real* h, Gate gate, const real* from, const Piece& piece, int64_t first, int64_t last) const {
    if (piece.start < 0) {
      for (int64_t t = piece.begin; t < piece.end; ++t) {
        real* const row = h + (piece.row + t) * D_;
        std::fill(row + first, row + last, real(0));
      }
      return;
    }
    real state[kBlock];
    for (int64_t d = first; d < last; ++d) state[d - first] = from != nullptr ? from[d] : real(0);
    for (int64_t i = 0; i < piece.end - piece.begin; ++i) {
      const int64_t row = step(piece, i);
      real* const to = h + row * D_;
      if (last - first >= kWideRow && i + kAhead < piece.end - piece.begin) {
        const int64_t next = step(piece, i + kAhead);
        gate.prefetch(next, first, last);
        prefetch_row<true>(h + next * D_, first, last);
      }
#pragma omp simd
      for (int64_t d = first; d < last; ++d) {
        const Affine map = gate.at(row, d);
        state[d - first] = madd(map.a, state[d - first], map.x);
        to[d] = state[d - first];
      }
    }
  }

  // What flows out of a piece to the left is A * (what flows in from the right) + X.
  void summarize_adjoint(real* A, real* X, Gate gate, const real* dh, const Piece& piece, int64_t first,
                         int64_t last) const {
    std::fill(A + first, A + last, real(1));
    std::fill(X + first, X + last, real(0));
    for (int64_t i = piece.end - piece.begin - 1; i >= 0; --i) {
      const int64_t row = step(piece, i);
#pragma omp simd
      for (int64_t d = first; d < last; ++d) {
        const real a = gate.at(row, d).a;
        A[d] *= a;
        X[d] = a * (dh[row * D_ + d] + X[d]);
      }
    }
  }

  void adjoint_from(Gate gate, Sink dstarts, const real* from, const real* dh, const real* h, const real* starts,
                    const Piece& piece, int64_t first, int64_t last) const {
    if (piece.start < 0) {
      for (int64_t t = piece.begin; t < piece.end; ++t) gate.clear(piece.row + t, first, last);
      return;
    }
    const real zeros[kBlock] = {};
    real flow[kBlock];  // a[t+1] * s[t+1]
    for (int64_t d = first; d < last; ++d) flow[d - first] = from != nullptr ? from[d] : real(0);
    for (int64_t i = piece.end - piece.begin - 1; i >= 0; --i) {
      const int64_t row = step(piece, i);
      const real* before = h + (reverse_ ? row + 1 : row - 1) * D_ + first;
      if (i == 0 && piece.is_first) before = starts != nullptr ? starts + piece.start * D_ + first : zeros;
      const real* const up = dh + row * D_;
#pragma omp simd
      for (int64_t d = first; d < last; ++d) {
        const real s = up[d] + flow[d - first];
        flow[d - first] = gate.backward(row, d, s, before[d - first]) * s;
      }
    }
    if (piece.is_first)
      for (int64_t d = first; d < last; ++d) put(dstarts, piece.start * D_ + d, flow[d - first]);
  }

  void combine_forward(real* carry, const real* A, const real* X, const real* starts) const {
    for (int64_t i = 0; i < pieces_.size(); ++i) {
      const Piece& piece = pieces_[i];
      if (piece.map < 0) continue;
      real* const to = carry + piece.map * D_;
      for (int64_t d = 0; d < D_; ++d)
        to[d] = !piece.is_first     ? madd(A[(piece.map - 1) * D_ + d], to[d - D_], X[(piece.map - 1) * D_ + d])
                : starts != nullptr ? starts[piece.start * D_ + d]
                                    : real(0);
    }
  }

  void combine_backward(real* flow, const real* A, const real* X) const {
    for (int64_t i = pieces_.size() - 1; i >= 0; --i) {
      const Piece& piece = pieces_[i];
      if (piece.map < 0) continue;
      real* const to = flow + piece.map * D_;
      for (int64_t d = 0; d < D_; ++d)
        to[d] = piece.is_last ? real(0) : madd(A[(piece.map + 1) * D_ + d], to[d + D_], X[(piece.map + 1) * D_ + d]);
    }
  }

  Pieces pieces_;
  int64_t D_;
  bool reverse_;
  int64_t cut_ = 0;    // pieces of cut sequences
  int64_t steps_ = 0;  // steps of the batch
};

}  // namespace scangrad::inline SCANGRAD_PRECISION
