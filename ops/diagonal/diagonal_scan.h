// Internal: the kernels of every recurrence with one state per channel, h[t] = a[t] * h[t-1] + b[t], fused with
// whatever gate makes a and b. ops/scan.cpp is the same algorithm in its plain form, and the oracle of this one.
//
// A Gate has kParts inputs, and says how a and b come from them and how h[t] depends on them:
//
//   Step step(row, d)                       a and b of channel d at step `row` = b * T + t
//   Slopes<kParts> slopes(row, d, before)   a, and dh[t]/dinput of each input, with before = h[t-1]
//   const real* input(part, row)            the D numbers of an input at a step, and
//   real* gradient(part, row)               where their gradient is to be stored
//
// With many sequences in the batch, each is walked by one thread, step by step. With few, a step is taken apart, for
// nearly all its work is in the gates, and those of different steps do not wait for each other. The recurrence itself
// is a chain of one multiply-add for each step, a tenth of the work. So each tile of time (ops/diagonal/time_tiles.h)
// goes through three phases, of which only the second waits for the tile before:
//
//             prepare                      chain                                  finish
//   forward   a, b                         h = a h + b                            store h
//   backward  a, dh, dh/dinputs            s = dh + flow,  flow = a s             store s * dh/dinputs
//
// The numbers are made in the same way in both, so bits depend neither on threads nor on what else is in the batch.
#pragma once

#include "../../core/kernels/streaming.h"
#include "../../core/kernels/vec_math.h"
#include "../../core/loops.h"
#include "step.h"
#include "time_tiles.h"

namespace scangrad::SCANGRAD_PRECISION {

template <int64_t parts>
struct Slopes {
  real a;
  real inputs[parts];
};

template <class Gate>
class DiagonalScan {
 public:
  // h (B, T, D) from starts (S, D), which may be null for zeros.
  static void forward(real* h, const Gate& gate, const real* starts, const SpanList& spans, int64_t T, int64_t D,
                      bool in_reverse) {
    const TimeTiles tiles(spans, T, D, in_reverse, 2);
    const DiagonalScan scan{gate, tiles, D, 1};
    tiles.each_padding([=](int64_t row) { std::fill_n(h + row * D, D, real(0)); });
    if (tiles.sequences_suffice()) return scan.forward_sequences(h, starts);
    tiles.each([&](const Tile& tile) { scan.prepare_forward(tile); },
               [&](const Tile& tile, real* state) {
                 if (tile.is_first()) scan.start(state, starts, tile.span);
                 chain(tile, state, [](real& now, real a, real& b) { b = now = madd(a, now, b); });
               },
               [&](const Tile& tile) {
                 for (int64_t i = tile.begin; i < tile.end; ++i) scan.store(h + tile.row(i) * D, tile.kept(1, i));
                 finish_streams();
               });
  }

  // Stores the gradients of the gate's inputs, and puts dstarts (S, D).
  static void backward(const Gate& gate, Sink dstarts, const real* dh, const real* h, const real* starts,
                       const SpanList& spans, int64_t T, int64_t D, bool in_reverse) {
    const TimeTiles tiles(spans, T, D, !in_reverse, 2 + kParts);
    const DiagonalScan scan{gate, tiles, D, kParts};
    const Scratch<real> zeros(D);
    std::fill_n(zeros.data(), D, real(0));
    const BackwardInputs given{dh, h, starts, zeros.data()};
    tiles.each_padding([&](int64_t row) {
      for (int64_t part = 0; part < kParts; ++part) std::fill_n(gate.gradient(part, row), D, real(0));
    });
    if (tiles.sequences_suffice()) return scan.backward_sequences(given, dstarts);
    tiles.each([&](const Tile& tile) { scan.prepare_backward(tile, given); },
               [&](const Tile& tile, real* state) {
                 if (tile.is_first()) std::fill_n(state, D, real(0));
                 chain(tile, state, [](real& flow, real a, real& s) {
                   s += flow;
                   flow = a * s;
                 });
                 if (tile.is_last()) scan.put_start(dstarts, tile.span, state);
               },
               [&](const Tile& tile) { scan.finish_backward(tile); });
  }

 private:
  using Tile = TimeTiles::Tile;
  static constexpr int64_t kParts = Gate::kParts;
  static constexpr int64_t kAhead = 4;     // rows that are asked for before they are needed
  static constexpr int64_t kWideRow = 64;  // narrower ones the processor fetches early enough by itself

  // What backward is given beside the gate.
  struct BackwardInputs {
    const real *dh, *h, *starts, *zeros;
  };

  DiagonalScan(const Gate& gate, const TimeTiles& tiles, int64_t D, int64_t results)
      : gate_(gate),
        tiles_(tiles),
        D_(D),
        past_caches_(results * tiles.steps() * D * static_cast<int64_t>(sizeof(real)) >= kStreamedBytes) {}

  void forward_sequences(real* h, const real* starts) const {
    tiles_.each_sequence([this, h, starts](const Tile& sequence, real* state) {
      start(state, starts, sequence.span);
      for (int64_t i = 0; i < sequence.end; ++i) {
        fetch_forward(sequence, i + kAhead);
        const int64_t row = sequence.row(i);
#pragma omp simd
        for (int64_t d = 0; d < D_; ++d) {
          const Step step = gate_.step(row, d);
          state[d] = madd(step.a, state[d], step.b);
        }
        store(h + row * D_, state);
      }
      finish_streams();
    });
  }

  void backward_sequences(const BackwardInputs& given, Sink dstarts) const {
    tiles_.each_sequence([this, given, dstarts](const Tile& sequence, real* flow) {
      std::fill_n(flow, D_, real(0));
      real* const products = sequence.spare(0);
      const int64_t stride = sequence.stride();
      for (int64_t i = 0; i < sequence.end; ++i) {
        fetch_backward(sequence, given, i + kAhead);
        const int64_t row = sequence.row(i);
        const real* const before = state_before(sequence, given, i);
        const real* const dh = given.dh + row * D_;
#pragma omp simd
        for (int64_t d = 0; d < D_; ++d) {
          const Slopes<kParts> slopes = gate_.slopes(row, d, before[d]);
          const real s = dh[d] + flow[d];
          flow[d] = slopes.a * s;
          for (int64_t part = 0; part < kParts; ++part) products[part * stride + d] = s * slopes.inputs[part];
        }
        for (int64_t part = 0; part < kParts; ++part) store(gate_.gradient(part, row), sequence.spare(part));
      }
      put_start(dstarts, sequence.span, flow);
      finish_streams();
    });
  }

  void prepare_forward(const Tile& tile) const {
    for (int64_t i = tile.begin; i < tile.begin + kAhead; ++i) fetch_forward(tile, i);
    for (int64_t i = tile.begin; i < tile.end; ++i) {
      fetch_forward(tile, i + kAhead);
      const int64_t row = tile.row(i);
      real* const a = tile.kept(0, i);
      real* const b = tile.kept(1, i);
#pragma omp simd
      for (int64_t d = 0; d < D_; ++d) {
        const Step step = gate_.step(row, d);
        a[d] = step.a;
        b[d] = step.b;
      }
    }
  }

  void prepare_backward(const Tile& tile, const BackwardInputs& given) const {
    for (int64_t i = tile.begin; i < tile.begin + kAhead; ++i) fetch_backward(tile, given, i);
    for (int64_t i = tile.begin; i < tile.end; ++i) {
      fetch_backward(tile, given, i + kAhead);
      const int64_t row = tile.row(i);
      const real* const before = state_before(tile, given, i);
      real* const a = tile.kept(0, i);
      real* const inputs = tile.kept(2, i);
      const int64_t next = tile.kept(3, i) - inputs;
#pragma omp simd
      for (int64_t d = 0; d < D_; ++d) {
        const Slopes<kParts> slopes = gate_.slopes(row, d, before[d]);
        a[d] = slopes.a;
        for (int64_t part = 0; part < kParts; ++part) inputs[part * next + d] = slopes.inputs[part];
      }
      std::copy_n(given.dh + row * D_, D_, tile.kept(1, i));
    }
  }

  void finish_backward(const Tile& tile) const {
    for (int64_t i = tile.begin; i < tile.end; ++i) {
      const real* const s = tile.kept(1, i);
      for (int64_t part = 0; part < kParts; ++part) {
        const real* const slope = tile.kept(2 + part, i);
        real* const product = tile.spare(part);
#pragma omp simd
        for (int64_t d = 0; d < D_; ++d) product[d] = s[d] * slope[d];
        store(gate_.gradient(part, tile.row(i)), product);
      }
    }
    finish_streams();
  }

  // Calls step(state, kept 0, kept 1) for every channel and step of a tile, with the state in registers. Channels
  // beyond D hold nothing of interest.
  template <class Advance>
  static void chain(const Tile& tile, real* state, Advance advance) {
    constexpr int64_t kOne = TimeTiles::kLanes, kFour = 4 * kOne;
    int64_t first = 0;
    for (; first + kFour <= tile.stride(); first += kFour) chain_lanes<kFour>(tile, state, first, advance);
    for (; first < tile.stride(); first += kOne) chain_lanes<kOne>(tile, state, first, advance);
  }
  template <int64_t lanes, class Advance>
  static void chain_lanes(const Tile& tile, real* state, int64_t first, Advance advance) {
    real now[lanes];
    std::copy_n(state + first, lanes, now);
    for (int64_t i = tile.begin; i < tile.end; ++i) {
      const real* const a = tile.kept(0, i) + first;
      real* const x = tile.kept(1, i) + first;
#pragma omp simd
      for (int64_t lane = 0; lane < lanes; ++lane) advance(now[lane], a[lane], x[lane]);
    }
    std::copy_n(now, lanes, state + first);
  }

  void start(real* state, const real* starts, const Span& span) const {
    if (starts != nullptr)
      std::copy_n(starts + span.start * D_, D_, state);
    else
      std::fill_n(state, D_, real(0));
  }
  void put_start(const Sink& dstarts, const Span& span, const real* flow) const {
    for (int64_t d = 0; d < D_; ++d) put(dstarts, span.start * D_ + d, flow[d]);
  }
  // h[t-1] of a step that backward visits.
  const real* state_before(const Tile& tile, const BackwardInputs& given, int64_t i) const {
    if (i + 1 < TimeTiles::length(tile.span)) return given.h + tile.row(i + 1) * D_;
    return given.starts != nullptr ? given.starts + tile.span.start * D_ : given.zeros;
  }

  void store(real* to, const real* from) const {
    if (past_caches_)
      stream(to, from, D_);
    else
      std::copy_n(from, D_, to);
  }

  // Ask for what step i will read, into the second-level cache. Always inline: GCC takes functions that only prefetch
  // for such that do nothing, and drops calls of them.
  [[gnu::always_inline]] void fetch_forward(const Tile& tile, int64_t i) const {
    if (D_ < kWideRow || i >= tile.end) return;
    for (int64_t part = 0; part < kParts; ++part) fetch(gate_.input(part, tile.row(i)));
  }
  [[gnu::always_inline]] void fetch_backward(const Tile& tile, const BackwardInputs& given, int64_t i) const {
    if (D_ < kWideRow || i >= tile.end) return;
    fetch_forward(tile, i);
    fetch(given.dh + tile.row(i) * D_);
    fetch(state_before(tile, given, i));
  }
  [[gnu::always_inline]] void fetch(const real* row) const {
    constexpr int64_t kLine = 64 / sizeof(real);
    for (int64_t d = 0; d < D_; d += kLine) __builtin_prefetch(row + d, 0, 2);
  }

  Gate gate_;
  const TimeTiles& tiles_;
  int64_t D_;
  bool past_caches_;  // results are too large to be found in a cache later
};

}  // namespace scangrad::SCANGRAD_PRECISION
