// Small ops, as a user of the library would write them, for the tests of reverse mode.
#pragma once

#include "../../core/loops.h"
#include "../testing.h"

namespace scangrad::SCANGRAD_PRECISION {

using Tensors = std::vector<Tensor>;
using Values = std::vector<real>;

inline Tensor vec(const Values& values) {
  return Tensor({static_cast<int64_t>(values.size())}, values);
}

inline std::string error_of_backward(const Tensors& roots, const Tensors& gradients) {
  return error_of([&] { backward(roots, gradients); });
}

// The op of autograd.h's comment.
inline void square_forward(real* y, const real* x, int64_t n) {
  elementwise(n, [=](int64_t i) { y[i] = x[i] * x[i]; });
}
inline void square_backward(Sink dx, const real* dy, const real* x, int64_t n) {
  accumulate(dx, n, [=](int64_t i) { return 2 * x[i] * dy[i]; });
}
inline Tensor squared(const Tensor& x) {
  Tensor y(x.shape());
  square_forward(y.mutable_data(), x.data(), x.numel());
  return record("squared", y, {x}, [x = Saved(x)](const Tensor& dy, Sinks& into) {
    square_backward(into[0], dy.data(), x.data(), dy.numel());
  });
}

// factor * x; `sinks` notes what the sinks were.
inline Tensor scaled(const Tensor& x, real factor, std::vector<Sink>* sinks = nullptr) {
  Tensor y(x.shape());
  elementwise(x.numel(), [to = y.mutable_data(), from = x.data(), factor](int64_t i) { to[i] = factor * from[i]; });
  return record("scaled", y, {x}, [factor, sinks](const Tensor& dy, Sinks& into) {
    const Sink dx = into[0];
    if (sinks != nullptr) sinks->push_back(dx);
    accumulate(dx, dy.numel(), [factor, from = dy.data()](int64_t i) { return factor * from[i]; });
  });
}

// How an op of two inputs hands over its gradients dy and 2 dy.
using HandOver = void (*)(const Tensor& dy, const Tensor& twice, Sinks& into);

// a + 2 b.
inline Tensor combine(const Tensor& a, const Tensor& b, HandOver hand_over) {
  Tensor y(a.shape());
  elementwise(y.numel(), [to = y.mutable_data(), p = a.data(), q = b.data()](int64_t i) { to[i] = p[i] + 2 * q[i]; });
  return record("combine", y, {a, b}, [hand_over](const Tensor& dy, Sinks& into) {
    Tensor twice(dy.shape());
    elementwise(dy.numel(), [to = twice.mutable_data(), from = dy.data()](int64_t i) { to[i] = 2 * from[i]; });
    hand_over(dy, twice, into);
  });
}

inline void store_all(Sink sink, const Tensor& t) {
  accumulate(sink, t.numel(), [from = t.data()](int64_t i) { return from[i]; });
}
inline void by_sinks(const Tensor& dy, const Tensor& twice, Sinks& into) {
  const Sink da = into[0], db = into[1];  // both asked for before either is written
  store_all(db, twice);
  store_all(da, dy);
}
inline void by_gifts(const Tensor& dy, const Tensor& twice, Sinks& into) {
  into.give(0, dy);
  into.give(1, twice);
}
inline void by_sink_around_gift(const Tensor& dy, const Tensor& twice, Sinks& into) {
  const Sink da = into[0];
  into.give(1, twice);
  store_all(da, dy);
}
inline void by_gift_then_sink(const Tensor& dy, const Tensor& twice, Sinks& into) {
  into.give(0, dy);
  store_all(into[1], twice);
}
inline void by_parts(const Tensor& dy, const Tensor& twice, Sinks& into) {
  real* const da = into.zeroed(0);
  real* const db = into.zeroed(1);
  for (int64_t i = 0; i < dy.numel(); ++i) {
    if (da != nullptr) da[i] += dy.data()[i];
    if (db != nullptr) db[i] += twice.data()[i];
  }
}
inline const HandOver kAllWays[] = {by_sinks, by_gifts, by_sink_around_gift, by_gift_then_sink, by_parts};

// x's first `count` elements and the rest.
inline Tensors parts_of(const Tensor& x, int64_t count) {
  const int64_t rest = x.numel() - count;
  Tensors ys = {Tensor({count}, {x.data(), x.data() + count}),
                Tensor({rest}, {x.data() + count, x.data() + count + rest})};
  return record("parts_of", ys, {x}, [count](const Tensors& dy, Sinks& into) {
    real* const dx = into.zeroed(0);
    for (int64_t i = 0; i < dy[0].numel(); ++i) dx[i] += dy[0].data()[i];
    for (int64_t i = 0; i < dy[1].numel(); ++i) dx[count + i] += dy[1].data()[i];
  });
}

// The identity, whose backward fails.
inline Tensor failing(const Tensor& x) {
  return record("failing", x.clone(), {x}, [](const Tensor&, Sinks&) { throw Error("failing: as it should"); });
}

using Layer = Tensor (*)(const Tensor& x, const Tensor& w);

// f(x, w), which keeps only x and computes f again in backward. The gradient of w is added inside that computation.
inline Tensor recomputed(Layer f, const Tensor& x, const Tensor& w) {
  Tensor y;
  {
    const NoGrad no_grad;
    y = f(x, w);
  }
  return record("recomputed", y, {x, w}, [f, w, x = Saved(x)](const Tensor& dy, Sinks& into) {
    const Recording on(true);
    const Tensor again = leaf(x.get());
    backward({f(again, w)}, {dy});
    into.give(0, again.grad());
  });
}

inline Tensor two_squares(const Tensor& x, const Tensor& w) {
  return combine(squared(squared(x)), squared(w), by_sinks);
}
inline Tensor nested(const Tensor& x, const Tensor& w) {
  return recomputed(two_squares, recomputed(two_squares, x, w), w);
}

}  // namespace scangrad::SCANGRAD_PRECISION
