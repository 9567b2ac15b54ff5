#include "selective_scan.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/kernels/vec_math.h"
#include "../../core/loops.h"
#include "../../core/threads.h"
#include "../row_sums.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kLanes = 16;  // channels worked on side by side: a group
constexpr int64_t kGroups = 4;  // groups of a block, whose parts of dB and dC are one buffer
constexpr int64_t kTile = 64;   // steps between the states that are kept

// One sequence, or the padding of a row.
struct Piece {
  int64_t row, steps;  // its first step, counted through the batch, and how many
  int64_t start;       // row of h0; -1 for padding
  int64_t stream;      // whose last state it makes; -1 where the stream goes on
  int64_t kept;        // number of the first state kept of it: that after kTile steps
};

struct Layout {
  int64_t rows, E, N;           // rows: B * T
  int64_t count = 0, kept = 0;  // pieces, kept states
  std::shared_ptr<Scratch<Piece>> pieces;

  int64_t groups() const { return (E + kLanes - 1) / kLanes; }
  int64_t blocks() const { return (groups() + kGroups - 1) / kGroups; }
  int64_t states() const { return N * kLanes; }  // numbers of a group's state
  int64_t work() const { return rows * E * N; }
  const Piece& operator[](int64_t i) const { return (*pieces)[i]; }
};

Layout layout_of(const Boundaries& at, int64_t B, int64_t T, int64_t E, int64_t N) {
  const SpanList spans = at.spans(B, T);
  Layout layout{B * T, E, N, spans.size(), 0, std::make_shared<Scratch<Piece>>(spans.size())};
  for (int64_t i = 0; i < spans.size(); ++i) {
    const Span& span = spans[i];
    const int64_t steps = span.end - span.begin;
    (*layout.pieces)[i] = {span.row * T + span.begin, steps, span.start, span.last ? span.stream : -1, layout.kept};
    if (span.start >= 0) layout.kept += std::max<int64_t>(steps - 1, 0) / kTile;
  }
  return layout;
}

// Up to kLanes channels. Memory of lanes beyond the last channel holds zeros, so that they run the same vector code.
struct Group {
  int64_t number, first, width;
  Group(int64_t i, int64_t E) : number(i), first(i * kLanes), width(std::min(kLanes, E - i * kLanes)) {}

  // Rows of lanes from the group's columns of an array with E columns, and back.
  void load(real* to, const real* from, int64_t rows, int64_t E) const {
    for (int64_t row = 0; row < rows; ++row, to += kLanes) {
      if (from == nullptr || width < kLanes) std::fill_n(to, kLanes, real(0));
      if (from == nullptr) continue;
      if (width == kLanes)
        std::copy_n(from + row * E + first, kLanes, to);
      else
        std::copy_n(from + row * E + first, width, to);
    }
  }
  void store(Sink sink, const real* from, int64_t row, int64_t rows, int64_t E) const {
    storing(sink, [=, this](auto put) {
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t l = 0; l < width; ++l) put((row + r) * E + first + l, from[r * kLanes + l]);
    });
  }

  // The group's part of a state (E, N) as N rows of lanes, and back. Null is zero.
  void load_state(real* to, const real* from, int64_t N) const {
    std::fill_n(to, N * kLanes, real(0));
    for (int64_t l = 0; from != nullptr && l < width; ++l)
      for (int64_t n = 0; n < N; ++n) to[n * kLanes + l] = from[(first + l) * N + n];
  }
  void store_state(Sink sink, int64_t offset, const real* from, int64_t N) const {
    storing(sink, [=, this](auto put) {
      for (int64_t l = 0; l < width; ++l)
        for (int64_t n = 0; n < N; ++n) put(offset + (first + l) * N + n, from[n * kLanes + l]);
    });
  }
};

struct Inputs {
  const real *x, *pre, *A_log, *bc, *D, *h0;

  // A = -exp(A_log) of a group, finite so that what has decayed to nothing gives gradients of 0.
  void load_A(real* A, const Group& group, int64_t N) const {
    constexpr real kMost = kDouble ? 709 : 88;
    group.load_state(A, A_log, N);
#pragma omp simd
    for (int64_t i = 0; i < N * kLanes; ++i) A[i] = -vexp(A[i] > kMost ? kMost : A[i]);
  }
  const real* start(const Piece& piece, const Layout& layout) const {
    return h0 != nullptr ? h0 + piece.start * layout.E * layout.N : nullptr;
  }
};

// What a task works in. A tile's rows hold kLanes numbers, its states N rows for each step.
struct Work {
  static constexpr int64_t kRows = kTile * kLanes;
  real *A, *state, *x, *pre, *delta, *u, *y;  // forward and backward; u = delta * x, y is dy in backward
  real *a, *h, *dA, *sums, *dx, *dpre;        // backward: h has one state more, the one before the tile

  static int64_t forward_size(int64_t states) { return 2 * states + 5 * kRows; }
  static int64_t backward_size(int64_t states) { return forward_size(states) + (2 * kTile + 4) * states + 2 * kRows; }
  Work(real* at, int64_t states, bool backward) {
    const auto take = [&at](int64_t n) { return std::exchange(at, at + n); };
    A = take(states);
    state = take(states);
    for (real** rows : {&x, &pre, &delta, &u, &y}) *rows = take(kRows);
    if (!backward) return;
    a = take(kTile * states);
    h = take((kTile + 1) * states);
    dA = take(states);
    sums = take(2 * states);
    for (real** rows : {&dx, &dpre}) *rows = take(kRows);
  }

  void load_tile(const Inputs& in, const Group& group, int64_t row, int64_t steps, int64_t E) const {
    group.load(x, in.x + row * E, steps, E);
    group.load(pre, in.pre + row * E, steps, E);
#pragma omp simd
    for (int64_t i = 0; i < steps * kLanes; ++i) {
      delta[i] = vsoftplus(pre[i]);
      u[i] = delta[i] * x[i];
    }
  }
};

// y of one tile; the state moves to the tile's end.
void forward_tile(const Work& w, const real* bc, const real* D, int64_t steps, int64_t N) {
  real* const h = w.state;
  for (int64_t t = 0; t < steps; ++t, bc += 2 * N) {
    const real* const delta = w.delta + t * kLanes;
    const real* const u = w.u + t * kLanes;
    real y[kLanes];
#pragma omp simd
    for (int64_t l = 0; l < kLanes; ++l) y[l] = D[l] * w.x[t * kLanes + l];
    for (int64_t n = 0; n < N; ++n) {
      const real b = bc[n], c = bc[N + n];
#pragma omp simd
      for (int64_t l = 0; l < kLanes; ++l) {
        const int64_t i = n * kLanes + l;
        h[i] = madd(vexp(delta[l] * w.A[i]), h[i], b * u[l]);
        y[l] = madd(c, h[i], y[l]);
      }
    }
    std::copy_n(y, kLanes, w.y + t * kLanes);
  }
}

// kept: the states after every kTile-th step, [state][group][n][lane], or null.
void selective_scan_forward(real* y, real* last, real* kept, real* scratch, const Inputs& in, const Layout& layout,
                            [[maybe_unused]] int workers) {
  const int64_t E = layout.E, N = layout.N, states = layout.states(), groups = layout.groups();
#pragma omp parallel for num_threads(workers) schedule(dynamic)
  for (int64_t task = 0; task < layout.count * groups; ++task) {
    const Piece& piece = layout[task / groups];
    const Group group(task % groups, E);
    const Work w(scratch + thread_index() * Work::forward_size(states), states, /*backward=*/false);
    if (piece.start < 0) {
      std::fill_n(w.y, kLanes, real(0));
      for (int64_t t = 0; t < piece.steps; ++t) group.store({y, false}, w.y, piece.row + t, 1, E);
      continue;
    }
    in.load_A(w.A, group, N);
    group.load_state(w.state, in.start(piece, layout), N);
    real D[kLanes];
    group.load(D, in.D, 1, E);
    for (int64_t t = 0; t < piece.steps; t += kTile) {
      const int64_t row = piece.row + t, steps = std::min(kTile, piece.steps - t);
      if (t > 0 && kept != nullptr)
        std::copy_n(w.state, states, kept + ((piece.kept + t / kTile - 1) * groups + group.number) * states);
      w.load_tile(in, group, row, steps, E);
      forward_tile(w, in.bc + row * 2 * N, D, steps, N);
      group.store({y, false}, w.y, row, steps, E);
    }
    if (piece.stream >= 0) group.store_state({last, false}, piece.stream * E * N, w.state, N);
  }
}

// The states of a tile, after w.h's first.
void restore_tile(const Work& w, const real* bc, int64_t steps, int64_t N) {
  real* h = w.h;
  real* a = w.a;
  for (int64_t t = 0; t < steps; ++t, bc += 2 * N) {
    const real* const delta = w.delta + t * kLanes;
    const real* const u = w.u + t * kLanes;
    for (int64_t n = 0; n < N; ++n, h += kLanes, a += kLanes) {
      const real* const A = w.A + n * kLanes;
      real* const next = h + N * kLanes;
      const real b = bc[n];
#pragma omp simd
      for (int64_t l = 0; l < kLanes; ++l) {
        a[l] = vexp(delta[l] * A[l]);
        next[l] = madd(a[l], h[l], b * u[l]);
      }
    }
  }
}

// Adds to each of `rows` numbers the sum of its row of lanes. Rows are side by side in vectors: adding across the lanes
// of one row after the other would take longer.
void add_lanes(real* to, const real* lanes, int64_t rows) {
#pragma omp simd
  for (int64_t row = 0; row < rows; ++row) {
    real sum = 0;
    for (int64_t l = 0; l < kLanes; ++l) sum += lanes[row * kLanes + l];
    to[row] += sum;
  }
}

// Gradients of one tile; w.state, what flows into the tile from the right, becomes what flows out to the left. Adds to
// dbc, dD and w.dA.
void backward_tile(const Work& w, real* dbc, real* dD, const real* bc, const real* D, int64_t steps, int64_t N) {
  real* const flow = w.state;
  for (int64_t t = steps - 1; t >= 0; --t) {
    const real* const delta = w.delta + t * kLanes;
    const real* const u = w.u + t * kLanes;
    const real* const dy = w.y + t * kLanes;
    real through_input[kLanes] = {}, through_decay[kLanes] = {};
    for (int64_t n = 0; n < N; ++n) {
      const real* const a = w.a + (t * N + n) * kLanes;
      const real* const before = w.h + (t * N + n) * kLanes;
      const real* const after = before + N * kLanes;
      const real b = bc[t * 2 * N + n], c = bc[t * 2 * N + N + n];
      real* const db = w.sums + n * kLanes;
      real* const dc = db + N * kLanes;
#pragma omp simd
      for (int64_t l = 0; l < kLanes; ++l) {
        const int64_t i = n * kLanes + l;
        const real s = madd(c, dy[l], flow[i]);
        flow[i] = s * a[l];
        const real r = flow[i] * before[l];
        through_input[l] = madd(s, b, through_input[l]);
        through_decay[l] = madd(r, w.A[i], through_decay[l]);
        w.dA[i] = madd(r, delta[l], w.dA[i]);
        db[l] = s * u[l];
        dc[l] = dy[l] * after[l];
      }
    }
    add_lanes(dbc + t * 2 * N, w.sums, 2 * N);
    const real* const x = w.x + t * kLanes;
#pragma omp simd
    for (int64_t l = 0; l < kLanes; ++l) {
      dD[l] = madd(dy[l], x[l], dD[l]);
      w.dx[t * kLanes + l] = madd(delta[l], through_input[l], D[l] * dy[l]);
      const real ddelta = madd(x[l], through_input[l], through_decay[l]);
      w.dpre[t * kLanes + l] = ddelta * vsigmoid(w.pre[t * kLanes + l]);
    }
  }
}

// Where gradients go. Those that sum over steps or channels go into parts: dA_log (E, N) and dD (E) one behind the
// other for each piece, dbc (B T, 2N) for each block of channels.
struct Outputs {
  Sink dx, dpre, dh0;
  real *per_piece, *per_block;
};

// One group of a piece, from its last tile to its first.
void backward_group(const Outputs& out, const Work& w, const Inputs& in, const real* kept, const real* dy,
                    const real* dlast, const Layout& layout, int64_t number, const Group& group, real* dbc) {
  const Piece& piece = layout[number];
  const int64_t E = layout.E, N = layout.N, states = layout.states();
  in.load_A(w.A, group, N);
  const bool is_last = dlast != nullptr && piece.stream >= 0;
  group.load_state(w.state, is_last ? dlast + piece.stream * E * N : nullptr, N);
  std::fill_n(w.dA, states, real(0));
  real D[kLanes], dD[kLanes] = {};
  group.load(D, in.D, 1, E);
  for (int64_t tile = (piece.steps + kTile - 1) / kTile - 1; tile >= 0; --tile) {
    const int64_t row = piece.row + tile * kTile, steps = std::min(kTile, piece.steps - tile * kTile);
    if (tile == 0)
      group.load_state(w.h, in.start(piece, layout), N);
    else
      std::copy_n(kept + ((piece.kept + tile - 1) * layout.groups() + group.number) * states, states, w.h);
    w.load_tile(in, group, row, steps, E);
    group.load(w.y, dy != nullptr ? dy + row * E : nullptr, steps, E);
    restore_tile(w, in.bc + row * 2 * N, steps, N);
    backward_tile(w, dbc + row * 2 * N, dD, in.bc + row * 2 * N, D, steps, N);
    group.store(out.dx, w.dx, row, steps, E);
    group.store(out.dpre, w.dpre, row, steps, E);
  }
  group.store_state(out.dh0, piece.start * E * N, w.state, N);
#pragma omp simd
  for (int64_t i = 0; i < states; ++i) w.dA[i] *= w.A[i];  // dA_log
  real* const part = out.per_piece + number * E * (N + 1);
  group.store_state({part, false}, 0, w.dA, N);
  group.store({part + E * N, false}, dD, 0, 1, E);
}

// Nothing comes from padding.
void clear_group(const Outputs& out, const Layout& layout, int64_t number, const Group& group) {
  const Piece& piece = layout[number];
  const int64_t E = layout.E, N = layout.N;
  const real zeros[kLanes] = {};
  for (int64_t t = 0; t < piece.steps; ++t)
    for (const Sink& sink : {out.dx, out.dpre}) group.store(sink, zeros, piece.row + t, 1, E);
  real* const part = out.per_piece + number * E * (N + 1);
  std::fill_n(part + group.first * N, group.width * N, real(0));
  group.store({part + E * N, false}, zeros, 0, 1, E);
}

void selective_scan_backward(const Outputs& out, real* scratch, const Inputs& in, const real* kept, const real* dy,
                             const real* dlast, const Layout& layout, [[maybe_unused]] int workers) {
  const int64_t blocks = layout.blocks(), states = layout.states(), N = layout.N;
#pragma omp parallel for num_threads(workers) schedule(dynamic)
  for (int64_t task = 0; task < layout.count * blocks; ++task) {
    const int64_t number = task / blocks, block = task % blocks;
    const Piece& piece = layout[number];
    const Work w(scratch + thread_index() * Work::backward_size(states), states, /*backward=*/true);
    real* const dbc = out.per_block + block * layout.rows * 2 * N;
    std::fill_n(dbc + piece.row * 2 * N, piece.steps * 2 * N, real(0));
    const int64_t end = std::min((block + 1) * kGroups, layout.groups());
    for (int64_t i = block * kGroups; i < end; ++i) {
      const Group group(i, layout.E);
      if (piece.start < 0)
        clear_group(out, layout, number, group);
      else
        backward_group(out, w, in, kept, dy, dlast, layout, number, group, dbc);
    }
  }
}

// What is kept for backward, and backward itself.
struct Adjoint {
  Saved x, pre, A_log, bc, D, h0;
  Tensor kept;  // states
  Layout layout;

  void operator()(const std::vector<Tensor>& d, Sinks& into) const {
    const int64_t E = layout.E, N = layout.N, of_piece = E * (N + 1), of_block = layout.rows * 2 * N;
    const int workers = threads_for(3 * layout.work());
    const Scratch<real> scratch(workers * Work::backward_size(layout.states()));
    const Scratch<real> per_piece(layout.count * of_piece), per_block(layout.blocks() * of_block);
    selective_scan_backward({into[0], into[1], into[5], per_piece.data(), per_block.data()}, scratch.data(),
                            {x.data(), pre.data(), A_log.data(), bc.data(), D.data(), h0.data()}, kept.data(),
                            d[0].data(), d[1].data(), layout, workers);
    accumulate(into[2], E * N, sum_of_parts(per_piece.data(), layout.count, of_piece));
    accumulate(into[3], of_block, sum_of_parts(per_block.data(), layout.blocks(), of_block));
    accumulate(into[4], E, sum_of_parts(per_piece.data() + E * N, layout.count, of_piece));
  }
};

void check_shapes(const Tensor& x, const Tensor& pre, const Tensor& A_log, const Tensor& bc, const Tensor& D) {
  check(x.shape().rank() == 3, "selective_scan: x has shape {}, but (B, T, E) is needed", x.shape());
  const int64_t B = x.size(0), T = x.size(1), E = x.size(2);
  check(pre.shape() == x.shape(), "selective_scan: pre has shape {}, but {} is needed", pre.shape(), x.shape());
  check(A_log.shape().rank() == 2 && A_log.size(0) == E, "selective_scan: A_log has shape {}, but ({}, N) is needed",
        A_log.shape(), E);
  const Shape of_bc{B, T, 2 * A_log.size(1)};
  check(bc.shape() == of_bc, "selective_scan: bc has shape {}, but {} is needed", bc.shape(), of_bc);
  check(D.shape() == Shape{E}, "selective_scan: D has shape {}, but {} is needed", D.shape(), Shape{E});
}

}  // namespace

Scanned selective_scan(const Tensor& x, const Tensor& pre, const Tensor& A_log, const Tensor& bc, const Tensor& D,
                       const Tensor& h0, const Boundaries& at) {
  check_shapes(x, pre, A_log, bc, D);
  at.check_forward("selective_scan");
  const int64_t B = x.size(0), T = x.size(1), E = x.size(2), N = A_log.size(1);
  const Layout layout = layout_of(at, B, T, E, N);
  check_starts("selective_scan", h0, {at.sequences(B, T), E, N});

  Tensor y(x.shape()), last(Shape{at.streams(B), E, N});
  Tensor kept;
  if (recording()) kept = Tensor(Shape{layout.kept, layout.groups() * layout.states()});
  const int workers = threads_for(layout.work());
  const Scratch<real> scratch(workers * Work::forward_size(layout.states()));
  selective_scan_forward(y.mutable_data(), last.mutable_data(), kept.defined() ? kept.mutable_data() : nullptr,
                         scratch.data(), {x.data(), pre.data(), A_log.data(), bc.data(), D.data(), h0.data()}, layout,
                         workers);
  const std::vector<Tensor> results =
      record("selective_scan", {y, last}, {x, pre, A_log, bc, D, h0},
             Adjoint{Saved(x), Saved(pre), Saved(A_log), Saved(bc), Saved(D), Saved(h0), kept, layout});
  return {results[0], results[1]};
}

}  // namespace scangrad::SCANGRAD_PRECISION
