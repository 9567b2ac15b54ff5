#include "causal_conv.h"

#include <algorithm>
#include <memory>

#include "../../core/autograd.h"
#include "../../core/check.h"
#include "../../core/kernels/sums.h"
#include "../../core/kernels/vec_math.h"
#include "../../core/sink.h"
#include "../../core/threads.h"
#include "../time_pieces.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kPiece = 512;  // most steps of a piece, which is a task for one thread

// Consecutive pieces in groups. Every group but the last has at least kPiece steps. Each group has its own partial sum
// of dweight and dbias, so the order of these sums depends on the shape and the boundaries alone.
class Groups {
 public:
  explicit Groups(const TimePieces& pieces) : first_(pieces.size() + 1) {
    int64_t steps = kPiece;  // of the group so far; the first piece begins a group
    for (int64_t i = 0; i < pieces.size(); ++i) {
      if (steps >= kPiece) {
        first_[size_++] = i;
        steps = 0;
      }
      steps += pieces[i].steps();
    }
    first_[size_] = pieces.size();
  }
  int64_t size() const { return size_; }
  int64_t first(int64_t group) const { return first_[group]; }  // its pieces end before first(group + 1)

 private:
  Scratch<int64_t> first_;
  int64_t size_ = 0;
};

// Where the steps of a span lie, counted from its first step: steps t >= 0 in arrays (B, T, D), and the K-1 steps
// before them in the tail of the stream that the span continues.
struct Layout {
  int64_t B, T, taps, D;
  int64_t work() const { return B * T * D * taps; }
  int64_t kernel() const { return taps * D; }  // numbers of the weight
  int64_t at(const Span& span, int64_t t) const { return (span.row * T + span.begin + t) * D; }
  int64_t tail_at(const Span& span, int64_t t) const { return (span.carried * (taps - 1) + taps - 1 + t) * D; }
  bool has_tail(const Span& span) const { return span.carried >= 0; }
};

struct Input {
  const real *x, *tail;
  // The numbers of step t; null for zeros.
  const real* step(const Layout& layout, const Span& span, int64_t t) const {
    if (t >= 0) return x + layout.at(span, t);
    return tail != nullptr && layout.has_tail(span) ? tail + layout.tail_at(span, t) : nullptr;
  }
};

// to += a * b, element by element.
void add_product(real* to, const real* a, const real* b, int64_t D) {
#pragma omp simd
  for (int64_t d = 0; d < D; ++d) to[d] = madd(a[d], b[d], to[d]);
}

// y[t] = bias + sum over j of weight[j] * x[t - (K-1) + j].
void causal_conv_forward(real* y, const Input& in, const real* weight, const real* bias, const TimePieces& pieces,
                         const Layout& layout) {
  const int64_t taps = layout.taps, D = layout.D;
  each_task(pieces.size(), threads_for(layout.work()), [&](int64_t i) {
    const TimePiece piece = pieces[i];
    const Span& span = piece.span;
    for (int64_t t = piece.begin; t < piece.end; ++t) {
      real* const to = y + layout.at(span, t);
      if (bias != nullptr && !span.is_padding())
        std::copy_n(bias, D, to);
      else
        std::fill_n(to, D, real(0));
      for (int64_t j = 0; j < taps && !span.is_padding(); ++j)
        if (const real* const from = in.step(layout, span, t - (taps - 1) + j))
          add_product(to, weight + j * D, from, D);
    }
  });
}

// dx[t] = sum over j of weight[j] * dy[t + (K-1) - j], also for the steps t < 0 of the tail.
void input_backward(Sink dx, real* dtail, const real* dy, const real* weight, const TimePieces& pieces,
                    const Layout& layout) {
  const int64_t taps = layout.taps, D = layout.D;
  each_task(pieces.size(), threads_for(layout.work()), [&](int64_t i) {
    const TimePiece piece = pieces[i];
    const Span& span = piece.span;
    const auto add_outputs = [&](real* to, int64_t t) {
      for (int64_t j = 0; j < taps; ++j) {
        const int64_t output = t + (taps - 1) - j;
        if (output < 0 || output >= span.steps() || span.is_padding()) continue;
        add_product(to, weight + j * D, dy + layout.at(span, output), D);
      }
    };
    for (int64_t t = piece.begin; dx && t < piece.end; ++t) {
      real* const to = dx.data + layout.at(span, t);
      if (!dx.add) std::fill_n(to, D, real(0));
      add_outputs(to, t);
    }
    if (dtail == nullptr || !layout.has_tail(span) || !piece.is_first()) return;
    for (int64_t t = 1 - taps; t < 0; ++t) add_outputs(dtail + layout.tail_at(span, t), t);
  });
}

// Adds dy[t] * x[t - (K-1) + j] and dy[t], for the steps of a piece, to a partial sum: dweight (K, D), then dbias (D).
void add_piece(real* part, const real* dy, const Input& in, const TimePiece& piece, const Layout& layout) {
  const int64_t taps = layout.taps, D = layout.D;
  real* const bias = part + layout.kernel();
  for (int64_t t = piece.begin; t < piece.end; ++t) {
    const real* const up = dy + layout.at(piece.span, t);
#pragma omp simd
    for (int64_t d = 0; d < D; ++d) bias[d] += up[d];
    for (int64_t j = 0; j < taps; ++j)
      if (const real* const from = in.step(layout, piece.span, t - (taps - 1) + j))
        add_product(part + j * D, up, from, D);
  }
}

// One partial sum for each group of pieces; padding adds nothing.
void weight_backward(real* parts, const real* dy, const Input& in, const TimePieces& pieces, const Groups& groups,
                     const Layout& layout) {
  const int64_t size = layout.kernel() + layout.D;
  each_task(groups.size(), threads_for(layout.work()), [&](int64_t group) {
    real* const part = parts + group * size;
    std::fill_n(part, size, real(0));
    for (int64_t i = groups.first(group); i < groups.first(group + 1); ++i)
      if (const TimePiece piece = pieces[i]; !piece.span.is_padding()) add_piece(part, dy, in, piece, layout);
  });
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

  const auto pieces = std::make_shared<const TimePieces>(at.spans(B, T), T, kPiece);
  const Layout layout{B, T, taps, D};
  Tensor y(x.shape());
  causal_conv_forward(y.mutable_data(), {x.data(), tail.data()}, weight.data(), bias.data(), *pieces, layout);
  return record(
      "causal_conv", y, {x, weight, bias, tail},
      [x = Saved(x), weight = Saved(weight), tail = Saved(tail), pieces, layout](const Tensor& dy, Sinks& into) {
        const Sink dx = into[0];
        input_backward(dx, into.zeroed(3), dy.data(), weight.data(), *pieces, layout);
        const Sink dweight = into[1], dbias = into[2];
        if (!dweight && !dbias) return;
        const Groups groups(*pieces);
        const int64_t kernel = layout.kernel(), size = kernel + layout.D;
        const Scratch<real> parts(groups.size() * size);
        weight_backward(parts.data(), dy.data(), {x.data(), tail.data()}, *pieces, groups, layout);
        accumulate(dweight, kernel, sum_of_parts(parts.data(), groups.size(), size));
        accumulate(dbias, layout.D, sum_of_parts(parts.data() + kernel, groups.size(), size));
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
  const Layout layout{B, T, taps, D};
  // Calls copy(to, from_x, from_tail) for each row of the new tail, which is a row of x, or of the old tail, or zeros:
  // the first number of each, or -1.
  const auto each_row = [spans = at.spans(B, T), layout, taps, D](auto&& copy) {
    for (const Span& span : spans) {
      if (!span.last) continue;
      for (int64_t j = 0; j < taps - 1; ++j) {
        const int64_t t = span.steps() - (taps - 1) + j;  // step of the span; negative: in the old tail
        const int64_t to = (span.stream * (taps - 1) + j) * D;
        copy(to, t >= 0 ? layout.at(span, t) : -1, t < 0 && layout.has_tail(span) ? layout.tail_at(span, t) : -1);
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
