#include "selective_scan.h"

#include <algorithm>
#include <memory>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/kernels/sums.h"
#include "../../core/sink.h"
#include "../../core/threads.h"
#include "../time_pieces.h"
#include "selective_tile.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

using Tile = SelectiveTile;
constexpr int64_t kLanes = Tile::kLanes;
constexpr int64_t kGroups = 4;  // groups of a block, which share one partial sum of dB and dC

// Where the channels of a group lie: in rows of E numbers, and in states (E, N). Lanes beyond the last channel hold
// zeros, so that they run the same vector code.
struct Group {
  int64_t number, first, width, E, N;
  Group(int64_t i, int64_t channels, int64_t channel_states)
      : number(i), first(i * kLanes), width(std::min(kLanes, channels - first)), E(channels), N(channel_states) {}

  // Rows of lanes from rows of E numbers, and back. Null counts as zeros.
  void load(real* to, const real* from, int64_t rows) const {
    for (int64_t row = 0; row < rows; ++row, to += kLanes) {
      if (from == nullptr || width < kLanes) std::fill_n(to, kLanes, real(0));
      if (from == nullptr) continue;
      if (width == kLanes)
        std::copy_n(from + row * E + first, kLanes, to);
      else
        std::copy_n(from + row * E + first, width, to);
    }
  }
  void store(Sink sink, int64_t row, const real* from, int64_t rows) const {
    storing(sink, [=, this](auto put) {
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t l = 0; l < width; ++l) put((row + r) * E + first + l, from[r * kLanes + l]);
    });
  }
  void store_zeros(Sink sink, int64_t row, int64_t rows) const {
    const real zeros[kLanes] = {};
    for (int64_t r = 0; r < rows; ++r) store(sink, row + r, zeros, 1);
  }

  // N rows of lanes from a state, and back into state `number` of several. Null counts as zeros.
  void load_state(real* to, const real* from) const {
    std::fill_n(to, N * kLanes, real(0));
    for (int64_t l = 0; from != nullptr && l < width; ++l)
      for (int64_t n = 0; n < N; ++n) to[n * kLanes + l] = from[(first + l) * N + n];
  }
  void store_state(Sink sink, int64_t state, const real* from) const {
    storing(sink, [=, this](auto put) {
      for (int64_t l = 0; l < width; ++l)
        for (int64_t n = 0; n < N; ++n) put((state * E + first + l) * N + n, from[n * kLanes + l]);
    });
  }
};

// What both passes read.
struct Input {
  const real *x, *pre, *A_log, *bc, *D, *h0;
  std::shared_ptr<const TimePieces> pieces;  // of at most Tile::kSteps steps
  int64_t rows, E, N;                        // rows = B * T

  int64_t groups() const { return (E + kLanes - 1) / kLanes; }
  int64_t blocks() const { return (groups() + kGroups - 1) / kGroups; }
  int64_t states() const { return N * kLanes; }  // numbers of a group's state
  int64_t work() const { return rows * E * N; }
  const real* start(const Span& span) const { return h0 != nullptr ? h0 + span.start * E * N : nullptr; }
  // Where the state before a piece is kept. The piece must not be the first of its sequence.
  int64_t kept_at(const TimePiece& piece, const Group& group) const {
    return (piece.joint * groups() + group.number) * states();
  }

  void load_group(const Tile& tile, const Group& group) const {
    constexpr real kMost = kDouble ? 709 : 88;  // A stays finite: a state that decays at once has gradients of 0
    group.load_state(tile.A, A_log);
#pragma omp simd
    for (int64_t i = 0; i < N * kLanes; ++i) tile.A[i] = -vexp(tile.A[i] > kMost ? kMost : tile.A[i]);
    group.load(tile.D, D, 1);
  }
  void load_piece(Tile& tile, const Group& group, const TimePiece& piece) const {
    const int64_t at = piece.row(piece.begin) * E;
    tile.steps = piece.steps();
    group.load(tile.x, x + at, tile.steps);
    group.load(tile.pre, pre + at, tile.steps);
    tile.prepare();
  }
};

struct Results {
  real *y, *last;
  real* kept;  // (joints, groups, N, lanes), or null where nothing is recorded
};

// One group of sequence s, from its first tile to its last.
void forward_group(const Results& out, Tile& tile, const Input& in, int64_t s, const Group& group) {
  const Span& span = in.pieces->spans()[s];
  in.load_group(tile, group);
  group.load_state(tile.state, in.start(span));
  for (int64_t k = 0; k < in.pieces->count(s); ++k) {
    const TimePiece piece = in.pieces->of(s, k);
    const int64_t row = piece.row(piece.begin);
    if (k > 0 && out.kept != nullptr) std::copy_n(tile.state, in.states(), out.kept + in.kept_at(piece, group));
    in.load_piece(tile, group, piece);
    tile.forward(in.bc + row * 2 * in.N);
    group.store({out.y, false}, row, tile.y, tile.steps);
  }
  if (span.last) group.store_state({out.last, false}, span.stream, tile.state);
}

void selective_scan_forward(const Results& out, real* scratch, const Input& in, int workers) {
  const SpanList& spans = in.pieces->spans();
  const int64_t groups = in.groups(), size = Tile::forward_size(in.N);
  each_task(spans.size() * groups, workers, [&](int64_t task) {
    const int64_t s = task / groups;
    const Group group(task % groups, in.E, in.N);
    Tile tile(scratch + thread_index() * size, in.N, /*backward=*/false);
    if (const Span& span = spans[s]; span.is_padding())
      group.store_zeros({out.y, false}, in.pieces->of(s, 0).row(0), span.steps());
    else
      forward_group(out, tile, in, s, group);
  });
}

// What backward is given besides the inputs; dy and dlast may be null.
struct Upstream {
  const real *dy, *dlast, *kept;
};

// Where gradients go. Those that are sums over steps or channels first go into partial sums: dA_log (E, N), then dD
// (E), for each span; dbc (B T, 2N) for each block of channels.
struct Gradients {
  Sink dx, dpre, dh0;
  real *per_span, *per_block;
};

// One group of sequence s, from its last tile to its first. Adds to dbc (B T, 2N), the partial sum of its block.
void backward_group(const Gradients& out, real* dbc, Tile& tile, const Input& in, const Upstream& up, int64_t s,
                    const Group& group) {
  const int64_t E = in.E, N = in.N;
  const Span& span = in.pieces->spans()[s];
  in.load_group(tile, group);
  const bool is_last = up.dlast != nullptr && span.last;
  group.load_state(tile.state, is_last ? up.dlast + span.stream * E * N : nullptr);
  std::fill_n(tile.dA, in.states(), real(0));
  std::fill_n(tile.dD, kLanes, real(0));
  for (int64_t k = in.pieces->count(s) - 1; k >= 0; --k) {
    const TimePiece piece = in.pieces->of(s, k);
    const int64_t row = piece.row(piece.begin);
    if (k == 0)
      group.load_state(tile.h, in.start(span));
    else
      std::copy_n(up.kept + in.kept_at(piece, group), in.states(), tile.h);
    in.load_piece(tile, group, piece);
    group.load(tile.y, up.dy != nullptr ? up.dy + row * E : nullptr, tile.steps);
    tile.recompute_states(in.bc + row * 2 * N);
    tile.backward(in.bc + row * 2 * N, dbc + row * 2 * N);
    group.store(out.dx, row, tile.dx, tile.steps);
    group.store(out.dpre, row, tile.dpre, tile.steps);
  }
  group.store_state(out.dh0, span.start, tile.state);
#pragma omp simd
  for (int64_t i = 0; i < in.states(); ++i) tile.dA[i] *= tile.A[i];  // dA_log
  real* const part = out.per_span + s * E * (N + 1);
  group.store_state({part, false}, 0, tile.dA);
  group.store({part + E * N, false}, 0, tile.dD, 1);
}

// The gradients of one group at padding: zeros.
void clear_group(const Gradients& out, const Input& in, int64_t s, const Group& group) {
  const int64_t E = in.E, N = in.N, steps = in.pieces->spans()[s].steps(), row = in.pieces->of(s, 0).row(0);
  for (const Sink& sink : {out.dx, out.dpre}) group.store_zeros(sink, row, steps);
  real* const part = out.per_span + s * E * (N + 1);
  std::fill_n(part + group.first * N, group.width * N, real(0));
  group.store_zeros({part + E * N, false}, 0, 1);
}

void selective_scan_backward(const Gradients& out, real* scratch, const Input& in, const Upstream& up, int workers) {
  const SpanList& spans = in.pieces->spans();
  const int64_t blocks = in.blocks(), size = Tile::backward_size(in.N);
  each_task(spans.size() * blocks, workers, [&](int64_t task) {
    const int64_t s = task / blocks, block = task % blocks, width = 2 * in.N;
    Tile tile(scratch + thread_index() * size, in.N, /*backward=*/true);
    real* const dbc = out.per_block + block * in.rows * width;
    std::fill_n(dbc + in.pieces->of(s, 0).row(0) * width, spans[s].steps() * width, real(0));
    const int64_t end = std::min((block + 1) * kGroups, in.groups());
    for (int64_t i = block * kGroups; i < end; ++i) {
      const Group group(i, in.E, in.N);
      if (spans[s].is_padding())
        clear_group(out, in, s, group);
      else
        backward_group(out, dbc, tile, in, up, s, group);
    }
  });
}

// What is kept for backward, and backward itself.
struct Adjoint {
  std::vector<Saved> inputs;
  Tensor kept;  // states
  Input forward;

  void operator()(const std::vector<Tensor>& d, Sinks& into) const {
    Input in = forward;  // with the arrays as they are now: a recomputed one has another address
    in.x = inputs[0].data(), in.pre = inputs[1].data(), in.A_log = inputs[2].data();
    in.bc = inputs[3].data(), in.D = inputs[4].data(), in.h0 = inputs[5].data();
    const int64_t E = in.E, N = in.N, spans = in.pieces->spans().size(), blocks = in.blocks();
    const int64_t of_span = E * (N + 1), of_block = in.rows * 2 * N;
    const int workers = threads_for(3 * in.work());
    const Scratch<real> scratch(workers * Tile::backward_size(in.N));
    const Scratch<real> per_span(spans * of_span), per_block(blocks * of_block);
    selective_scan_backward({into[0], into[1], into[5], per_span.data(), per_block.data()}, scratch.data(), in,
                            {d[0].data(), d[1].data(), kept.data()}, workers);
    accumulate(into[2], E * N, sum_of_parts(per_span.data(), spans, of_span));
    accumulate(into[3], of_block, sum_of_parts(per_block.data(), blocks, of_block));
    accumulate(into[4], E, sum_of_parts(per_span.data() + E * N, spans, of_span));
  }
};

}  // namespace

void check_selective(const char* op, const std::vector<Tensor>& inputs, const Boundaries& at) {
  const Shape x = inputs[0].shape(), pre = inputs[1].shape(), A_log = inputs[2].shape();
  check(x.rank() == 3, "{}: x has shape {}, but (B, T, E) is needed", op, x);
  const int64_t B = x[0], T = x[1], E = x[2];
  check(pre == x, "{}: pre has shape {}, but {} is needed", op, pre, x);
  check(A_log.rank() == 2 && A_log[0] == E, "{}: A_log has shape {}, but ({}, N) is needed", op, A_log, E);
  const auto check_shape = [op](const char* name, const Tensor& tensor, const Shape& shape) {
    check(tensor.shape() == shape, "{}: {} has shape {}, but {} is needed", op, name, tensor.shape(), shape);
  };
  check_shape("bc", inputs[3], {B, T, 2 * A_log[1]});
  check_shape("D", inputs[4], {E});
  at.check_forward(op);
  check_starts(op, inputs[5], {at.sequences(B, T), E, A_log[1]});
}

Scanned selective_scan(const Tensor& x, const Tensor& pre, const Tensor& A_log, const Tensor& bc, const Tensor& D,
                       const Tensor& h0, const Boundaries& at) {
  const std::vector<Tensor> inputs{x, pre, A_log, bc, D, h0};
  check_selective("selective_scan", inputs, at);
  const int64_t B = x.size(0), T = x.size(1), E = x.size(2), N = A_log.size(1);
  const auto pieces = std::make_shared<const TimePieces>(at.spans(B, T), T, Tile::kSteps);
  const Input in{x.data(), pre.data(), A_log.data(), bc.data(), D.data(), h0.data(), pieces, B * T, E, N};

  Tensor y(x.shape()), last(Shape{at.streams(B), E, N});
  Tensor kept;
  if (recording()) kept = Tensor(Shape{pieces->joints(), in.groups() * in.states()});
  const int workers = threads_for(in.work());
  const Scratch<real> scratch(workers * Tile::forward_size(in.N));
  const Results out{y.mutable_data(), last.mutable_data(), kept.defined() ? kept.mutable_data() : nullptr};
  selective_scan_forward(out, scratch.data(), in, workers);
  const std::vector<Tensor> results =
      record("selective_scan", {y, last}, inputs, Adjoint{{inputs.begin(), inputs.end()}, kept, in});
  return {results[0], results[1]};
}

}  // namespace scangrad::SCANGRAD_PRECISION
