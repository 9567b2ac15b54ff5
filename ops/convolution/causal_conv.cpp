#include "causal_conv.h"

#include <algorithm>
#include <memory>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/kernels/vec_math.h"
#include "../../core/loops.h"
#include "../../core/threads.h"
#include "../row_sums.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kPiece = 512;  // steps that one thread takes at a time

// Steps [begin, end) of a span, counted from its first one.
struct Piece {
  Span span;
  int64_t begin, end;
};

// Every step of a batch in pieces. Consecutive pieces form groups of at least kPiece steps, but for the last one: each
// has partial sums of its own, so sums follow from the shape and the boundaries alone.
class Pieces {
 public:
  explicit Pieces(const SpanList& spans) : list_(count(spans)), first_(count(spans) + 1) {
    int64_t gathered = 0;  // steps of the group so far
    for (const Span& span : spans) {
      const int64_t steps = span.end - span.begin;
      for (int64_t begin = 0; begin == 0 || begin < steps; begin += kPiece) {
        if (size_ == 0 || gathered >= kPiece) {
          first_[groups_++] = size_;
          gathered = 0;
        }
        list_[size_++] = {span, begin, std::min(begin + kPiece, steps)};
        gathered += list_[size_ - 1].end - begin;
      }
    }
    first_[groups_] = size_;
  }
  int64_t size() const { return size_; }
  int64_t groups() const { return groups_; }
  const Piece& operator[](int64_t i) const { return list_[i]; }
  int64_t first(int64_t group) const { return first_[group]; }  // up to first(group + 1) - 1

 private:
  static int64_t count(const SpanList& spans) {
    int64_t sum = 0;
    for (const Span& span : spans) sum += std::max<int64_t>((span.end - span.begin + kPiece - 1) / kPiece, 1);
    return sum;
  }
  Scratch<Piece> list_;
  Scratch<int64_t> first_;
  int64_t size_ = 0, groups_ = 0;
};

struct Sizes {
  int64_t T, taps, D, work;
};

// Where the K-1 steps before a span's first one lie: the rows of its stream's tail, or nowhere.
struct History {
  const real* tail;
  int64_t taps, D;
  // Input of step `t` of a span, t counted from its first step; null for zeros.
  const real* row(const Span& span, const real* x, int64_t T, int64_t t) const {
    if (t >= 0) return x + (span.row * T + span.begin + t) * D;
    if (tail == nullptr || span.carried < 0) return nullptr;
    return tail + (span.carried * (taps - 1) + taps - 1 + t) * D;
  }
};

void causal_conv_forward(real* y, const real* x, const real* weight, const real* bias, const real* tail,
                         const Pieces& pieces, const Sizes& sizes) {
  const int64_t T = sizes.T, taps = sizes.taps, D = sizes.D;
  const History history{tail, taps, D};
#pragma omp parallel for num_threads(threads_for(sizes.work)) schedule(dynamic)
  for (int64_t i = 0; i < pieces.size(); ++i) {
    const Span& span = pieces[i].span;
    for (int64_t t = pieces[i].begin; t < pieces[i].end; ++t) {
      real* const to = y + (span.row * T + span.begin + t) * D;
      if (bias != nullptr && span.start >= 0)
        std::copy_n(bias, D, to);
      else
        std::fill_n(to, D, real(0));
      for (int64_t j = 0; j < taps && span.start >= 0; ++j) {
        const real* const from = history.row(span, x, T, t - (taps - 1) + j);
        if (from == nullptr) continue;
        const real* const w = weight + j * D;
#pragma omp simd
        for (int64_t d = 0; d < D; ++d) to[d] = madd(w[d], from[d], to[d]);
      }
    }
  }
}

// Gradient of the inputs, those in the tail included: each adds up what the K outputs after it say.
void input_backward(Sink dx, real* dtail, const real* dy, const real* weight, const Pieces& pieces,
                    const Sizes& sizes) {
  const int64_t T = sizes.T, taps = sizes.taps, D = sizes.D;
#pragma omp parallel for num_threads(threads_for(sizes.work)) schedule(dynamic)
  for (int64_t i = 0; i < pieces.size(); ++i) {
    const Span& span = pieces[i].span;
    const int64_t steps = span.end - span.begin;
    const auto add_outputs = [&](real* to, int64_t t) {
      for (int64_t j = 0; j < taps; ++j) {
        const int64_t output = t + (taps - 1) - j;
        if (output < 0 || output >= steps || span.start < 0) continue;
        const real* const from = dy + (span.row * T + span.begin + output) * D;
        const real* const w = weight + j * D;
#pragma omp simd
        for (int64_t d = 0; d < D; ++d) to[d] = madd(w[d], from[d], to[d]);
      }
    };
    for (int64_t t = pieces[i].begin; dx && t < pieces[i].end; ++t) {
      real* const to = dx.data + (span.row * T + span.begin + t) * D;
      if (!dx.add) std::fill_n(to, D, real(0));
      add_outputs(to, t);
    }
    if (dtail == nullptr || span.carried < 0 || pieces[i].begin > 0) continue;
    for (int64_t t = 1 - taps; t < 0; ++t) add_outputs(dtail + (span.carried * (taps - 1) + taps - 1 + t) * D, t);
  }
}

// Adds a piece to partial sums of dweight (K, D) and dbias (D).
void add_piece(real* part, const real* dy, const real* x, const History& history, const Piece& piece, int64_t T) {
  const int64_t taps = history.taps, D = history.D;
  real* const bias = part + taps * D;
  for (int64_t t = piece.begin; t < piece.end; ++t) {
    const real* const up = dy + (piece.span.row * T + piece.span.begin + t) * D;
#pragma omp simd
    for (int64_t d = 0; d < D; ++d) bias[d] += up[d];
    for (int64_t j = 0; j < taps; ++j) {
      const real* const from = history.row(piece.span, x, T, t - (taps - 1) + j);
      if (from == nullptr) continue;
      real* const to = part + j * D;
#pragma omp simd
      for (int64_t d = 0; d < D; ++d) to[d] = madd(up[d], from[d], to[d]);
    }
  }
}

// One set of partial sums for each group of pieces; padding adds nothing.
void weight_backward(real* parts, const real* dy, const real* x, const real* tail, const Pieces& pieces,
                     const Sizes& sizes) {
  const History history{tail, sizes.taps, sizes.D};
  const int64_t size = (sizes.taps + 1) * sizes.D;
#pragma omp parallel for num_threads(threads_for(sizes.work)) schedule(dynamic)
  for (int64_t group = 0; group < pieces.groups(); ++group) {
    real* const part = parts + group * size;
    std::fill_n(part, size, real(0));
    for (int64_t i = pieces.first(group); i < pieces.first(group + 1); ++i)
      if (pieces[i].span.start >= 0) add_piece(part, dy, x, history, pieces[i], sizes.T);
  }
}

}  // namespace

Tensor causal_conv(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& tail,
                   const Boundaries& at) {
  check(x.shape().rank() == 3, "causal_conv: x has shape {}, but (B, T, D) is needed", x.shape());
  const int64_t B = x.size(0), T = x.size(1), D = x.size(2);
  check(weight.shape().rank() == 2 && weight.size(0) >= 1 && weight.size(1) == D,
        "causal_conv: weight has shape {}, but (K, {}) with K >= 1 is needed", weight.shape(), D);
  at.check_forward("causal_conv");
  const int64_t taps = weight.size(0);
  check(!bias.defined() || bias.shape() == Shape{D}, "causal_conv: bias has shape {}, but {} is needed", bias.shape(),
        Shape{D});
  const Shape tails{at.streams(B), taps - 1, D};
  check(!tail.defined() || tail.shape() == tails, "causal_conv: tail has shape {}, but {} is needed", tail.shape(),
        tails);

  const auto pieces = std::make_shared<const Pieces>(at.spans(B, T));
  const Sizes sizes{T, taps, D, B * T * D * taps};
  Tensor y(x.shape());
  causal_conv_forward(y.mutable_data(), x.data(), weight.data(), bias.data(), tail.data(), *pieces, sizes);
  return record(
      "causal_conv", y, {x, weight, bias, tail},
      [x = Saved(x), weight = Saved(weight), tail = Saved(tail), pieces, sizes](const Tensor& dy, Sinks& into) {
        const Sink dx = into[0];
        input_backward(dx, into.zeroed(3), dy.data(), weight.data(), *pieces, sizes);
        const Sink dweight = into[1], dbias = into[2];
        if (!dweight && !dbias) return;
        const int64_t kernel = sizes.taps * sizes.D, size = kernel + sizes.D;
        const Scratch<real> parts(pieces->groups() * size);
        weight_backward(parts.data(), dy.data(), x.data(), tail.data(), *pieces, sizes);
        accumulate(dweight, kernel, sum_of_parts(parts.data(), pieces->groups(), size));
        accumulate(dbias, sizes.D, sum_of_parts(parts.data() + kernel, pieces->groups(), size));
      });
}

Tensor conv_tail(const Tensor& x, const Tensor& tail, int64_t taps, const Boundaries& at) {
  check(x.shape().rank() == 3 && taps >= 1,
        "causal_conv: x has shape {} and {} taps, but (B, T, D) and at least 1 are needed", x.shape(), taps);
  at.check_forward("causal_conv");
  const int64_t B = x.size(0), T = x.size(1), D = x.size(2);
  const Shape shape{at.streams(B), taps - 1, D};
  check(!tail.defined() || tail.shape() == shape, "causal_conv: tail has shape {}, but {} is needed", tail.shape(),
        shape);
  const SpanList spans = at.spans(B, T);
  const auto each_row = [spans, T, taps, D](auto&& copy) {
    for (const Span& span : spans) {
      if (!span.last) continue;
      for (int64_t j = 0; j < taps - 1; ++j) {
        const int64_t t = span.end - span.begin - (taps - 1) + j;  // step of the span; negative: from the old tail
        const int64_t to = (span.stream * (taps - 1) + j) * D;
        const int64_t from_x = t >= 0 ? (span.row * T + span.begin + t) * D : -1;
        const int64_t from_tail = t < 0 && span.carried >= 0 ? (span.carried * (taps - 1) + taps - 1 + t) * D : -1;
        copy(to, from_x, from_tail);
      }
    }
  };
  Tensor result(shape);
  real* const y = result.mutable_data();
  each_row([&](int64_t to, int64_t from_x, int64_t from_tail) {
    if (from_x >= 0)
      std::copy_n(x.data() + from_x, D, y + to);
    else if (from_tail >= 0 && tail.defined())
      std::copy_n(tail.data() + from_tail, D, y + to);
    else
      std::fill_n(y + to, D, real(0));
  });
  return record("conv_tail", result, {x, tail}, [each_row, D](const Tensor& d, Sinks& into) {
    real* const dx = into.zeroed(0);
    real* const dtail = into.zeroed(1);
    each_row([&](int64_t to, int64_t from_x, int64_t from_tail) {
      real* const sink =
          from_x >= 0 ? (dx ? dx + from_x : nullptr) : (from_tail >= 0 && dtail ? dtail + from_tail : nullptr);
      for (int64_t i = 0; sink != nullptr && i < D; ++i) sink[i] += d.data()[to + i];
    });
  });
}

}  // namespace scangrad::SCANGRAD_PRECISION
