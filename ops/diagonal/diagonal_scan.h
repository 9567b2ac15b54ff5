// Internal: the kernels of every recurrence with one state per channel, fused with the gate that makes a and b.
//
//   forward     h[t] = a[t] h[t-1] + b[t]                   a sequence starts from its row of `starts`
//   backward    s[t] = dh[t] + flow,   flow = a[t] s[t]     from the last step to the first; flow is 0 at the start
//               dinput[t] = s[t] dh[t]/dinput               for each input of the gate;   dstarts = flow at the end
//
// ops/scan.cpp is the same algorithm in its plain form; the tests compare with it, to the last bit.
//
// A Gate has kParts inputs. It says how a and b come from them and how h[t] depends on them:
//
//   Step step(row, d)                       a and b of channel d at `row`, one of the B T rows of the batch
//   Slopes<kParts> slopes(row, d, before)   a, and dh[t]/dinput of each input, with before = h[t-1]
//   const real* input(part, row)            the D numbers of an input at a row, and
//   real* gradient(part, row)               where their gradient is stored
//
// Many sequences: each is a task of one thread, which takes its steps in order and uses the gate at each step.
//
// Few sequences: they are cut into tiles of time (time_tiles.h). Nearly all work is in the gates, and the gates of
// different steps do not wait for each other. The recurrence itself is one multiply-add for each step, about a tenth of
// the work. So a tile goes through three phases, and only the second waits for the tile before:
//
//             prepare, at the same time    chain, in the order of time            finish, at the same time
//   forward   a, b                         h = a h + b                            store h
//   backward  a, dh, dh/dinputs            s = dh + flow,  flow = a s             store s dh/dinputs
//
// Steps are never combined with each other here (step.h, summarize.h): that would need a second pass over the inputs,
// and round differently. Both ways compute a number with the same operations, so bits depend neither on the number of
// threads nor on the other sequences of the batch.
#pragma once

#include "../../core/kernels/streaming.h"
#include "../../core/kernels/vec_math.h"
#include "../../core/sink.h"
#include "step.h"
#include "time_tiles.h"

namespace scangrad::SCANGRAD_PRECISION {

template <int64_t parts>
struct Slopes {
  real a;              // dh[t]/dh[t-1]
  real inputs[parts];  // dh[t]/dinput
};

// The sequences of a batch (B, T, D), and whether they run from their last step to their first.
struct ScanLayout {
  SpanList spans;
  int64_t T, D;
  bool in_reverse;
};

// What backward reads besides the gate: dh, h (B, T, D), and starts (S, D), which may be null for zeros.
struct ScanResults {
  const real *dh, *h, *starts;
};

template <class Gate>
class DiagonalScan {
 public:
  // Writes h (B, T, D); starts (S, D) may be null for zeros.
  static void forward(real* h, const Gate& gate, const real* starts, const ScanLayout& layout) {
    const int64_t D = layout.D;
    const TimeTiles tiles(layout.spans, layout.T, D, layout.in_reverse, 2);
    const DiagonalScan scan{gate, tiles, D, 1};
    tiles.each_padding([=](int64_t row) { std::fill_n(h + row * D, D, real(0)); });
    if (tiles.sequences_suffice()) return scan.forward_sequences(h, starts);
    tiles.each([&](const Tile& tile) { scan.prepare_forward(tile); },
               [&](const Tile& tile, real* state) {
                 if (tile.is_first()) scan.start(state, starts, tile.span);
                 chain(tile, state, [](real& now, real a, real& b) { b = now = madd(a, now, b); });
               },
               [&](const Tile& tile) { scan.finish_forward(tile, h); });
  }

  // Stores the gradients of the gate's inputs, and puts dstarts (S, D).
  static void backward(const Gate& gate, Sink dstarts, const ScanResults& results, const ScanLayout& layout) {
    const int64_t D = layout.D;
    const TimeTiles tiles(layout.spans, layout.T, D, !layout.in_reverse, 2 + kParts);
    const DiagonalScan scan{gate, tiles, D, kParts};
    const Scratch<real> zeros(D);
    std::fill_n(zeros.data(), D, real(0));
    const Given given{results, zeros.data()};
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
  static constexpr int64_t kAhead = 4;     // rows that are prefetched before they are needed
  static constexpr int64_t kWideRow = 64;  // the processor prefetches narrower rows by itself

  struct Given : ScanResults {
    const real* zeros;  // D of them
  };

  // `results` is the number of arrays (B, T, D) that are written.
  DiagonalScan(const Gate& gate, const TimeTiles& tiles, int64_t D, int64_t results)
      : gate_(gate),
        tiles_(tiles),
        D_(D),
        past_caches_(results * tiles.steps() * D * static_cast<int64_t>(sizeof(real)) >= kStreamedBytes) {}

  // Backward is flattened: with a gate function that is not inlined its loops would not become vector code, and that is
  // seven times slower. How much g++ inlines depends on all that is in a file.

  // ---- Many sequences: a task each, step by step.

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

  void backward_sequences(const Given& given, Sink dstarts) const {
    tiles_.each_sequence([ this, given, dstarts ](const Tile& sequence, real* flow) __attribute__((flatten)) {
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

  // ---- Few sequences: what precedes and follows the chain of a tile. Arrays 0 and 1 of a tile are those of the chain.

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

  void finish_forward(const Tile& tile, real* h) const {
    for (int64_t i = tile.begin; i < tile.end; ++i) store(h + tile.row(i) * D_, tile.kept(1, i));
    finish_streams();
  }

  [[gnu::flatten]] void prepare_backward(const Tile& tile, const Given& given) const {
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

  // ---- The chain: advance(state, array 0, array 1) for every step and channel of a tile, with the state in registers.
  // Rows are padded to whole vectors; what the padding holds does not matter.

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

  // ---- Where sequences start.

  void start(real* state, const real* starts, const Span& span) const {
    if (starts != nullptr)
      std::copy_n(starts + span.start * D_, D_, state);
    else
      std::fill_n(state, D_, real(0));
  }
  void put_start(const Sink& dstarts, const Span& span, const real* flow) const {
    for (int64_t d = 0; d < D_; ++d) put(dstarts, span.start * D_ + d, flow[d]);
  }
  // h[t-1] of step i of backward: the step that backward takes next, or the start of the sequence.
  const real* state_before(const Tile& tile, const Given& given, int64_t i) const {
    if (i + 1 < tile.span.steps()) return given.h + tile.row(i + 1) * D_;
    return given.starts != nullptr ? given.starts + tile.span.start * D_ : given.zeros;
  }

  // ---- Memory.

  void store(real* to, const real* from) const {
    if (past_caches_)
      stream(to, from, D_);
    else
      std::copy_n(from, D_, to);
  }

  // Prefetch what step i reads, into the second-level cache. Always inlined: GCC takes a function that only prefetches
  // for one without effect and drops its calls.
  [[gnu::always_inline]] void fetch_forward(const Tile& tile, int64_t i) const {
    if (D_ < kWideRow || i >= tile.end) return;
    for (int64_t part = 0; part < kParts; ++part) fetch(gate_.input(part, tile.row(i)));
  }
  [[gnu::always_inline]] void fetch_backward(const Tile& tile, const Given& given, int64_t i) const {
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
  bool past_caches_;  // stores bypass the caches: the results are too large to stay in one
};

}  // namespace scangrad::SCANGRAD_PRECISION
