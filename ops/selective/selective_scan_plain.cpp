#include "selective_scan_plain.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "../../core/autograd.h"
#include "../../core/loops.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

using Doubles = std::vector<double>;

// The quantities of the equations, for step `row` = b * T + t, channel e and state n.
struct Plain {
  Saved x_, pre_, A_log_, bc_, D_, h0_;
  SpanList spans;
  int64_t T, E, N;
  Doubles h;  // (B T, E, N)

  double x(int64_t row, int64_t e) const { return double(x_.data()[row * E + e]); }
  double pre(int64_t row, int64_t e) const { return double(pre_.data()[row * E + e]); }
  double delta(int64_t row, int64_t e) const {  // softplus
    return std::max(pre(row, e), 0.0) + std::log1p(std::exp(-std::abs(pre(row, e))));
  }
  double A(int64_t e, int64_t n) const { return -std::exp(double(A_log_.data()[e * N + n])); }
  double a(int64_t row, int64_t e, int64_t n) const { return std::exp(delta(row, e) * A(e, n)); }
  double B(int64_t row, int64_t n) const { return double(bc_.data()[row * 2 * N + n]); }
  double C(int64_t row, int64_t n) const { return double(bc_.data()[row * 2 * N + N + n]); }
  double D(int64_t e) const { return double(D_.data()[e]); }

  // The state before step t of a span, which may be the step after its last one.
  double before(const Span& span, int64_t t, int64_t e, int64_t n) const {
    if (t > span.begin) return h[size_t(((span.row * T + t - 1) * E + e) * N + n)];
    return h0_.defined() ? double(h0_.data()[(span.start * E + e) * N + n]) : 0;
  }

  void forward(real* y, real* last) {
    h.resize(size_t(x_.shape().numel() * N));
    std::fill_n(y, x_.shape().numel(), real(0));
    for (const Span& span : spans) {
      if (span.is_padding()) continue;
      for (int64_t t = span.begin; t < span.end; ++t)
        for (int64_t e = 0; e < E; ++e) {
          const int64_t row = span.row * T + t;
          double sum = D(e) * x(row, e);
          for (int64_t n = 0; n < N; ++n) {
            double& now = h[size_t((row * E + e) * N + n)];
            now = a(row, e, n) * before(span, t, e, n) + delta(row, e) * x(row, e) * B(row, n);
            sum += C(row, n) * now;
          }
          y[row * E + e] = real(sum);
        }
      for (int64_t i = 0; span.last && i < E * N; ++i)
        last[span.stream * E * N + i] = real(before(span, span.end, i / N, i % N));
    }
  }

  // Adds to the gradients of the inputs, which are in the op's order. dy and dlast may be undefined, for zeros.
  void backward(std::vector<Doubles>& d, const Tensor& dy, const Tensor& dlast) const {
    Doubles &dx = d[0], &dpre = d[1], &dA_log = d[2], &dbc = d[3], &dD = d[4], &dh0 = d[5];
    for (const Span& span : spans) {
      if (span.is_padding()) continue;
      Doubles flow(size_t(E * N));  // a[t+1] * s[t+1]
      for (int64_t i = 0; dlast.defined() && span.last && i < E * N; ++i)
        flow[size_t(i)] = double(dlast.data()[span.stream * E * N + i]);
      for (int64_t t = span.end - 1; t >= span.begin; --t)
        for (int64_t e = 0; e < E; ++e) {
          const int64_t row = span.row * T + t;
          const double up = dy.defined() ? double(dy.data()[row * E + e]) : 0;
          double through_x = D(e) * up, ddelta = 0;
          for (int64_t n = 0; n < N; ++n) {
            const double s = C(row, n) * up + flow[size_t(e * N + n)];
            const double r = s * a(row, e, n) * before(span, t, e, n);
            ddelta += r * A(e, n) + s * x(row, e) * B(row, n);
            through_x += s * delta(row, e) * B(row, n);
            dbc[size_t(row * 2 * N + n)] += s * delta(row, e) * x(row, e);
            dbc[size_t(row * 2 * N + N + n)] += up * before(span, t + 1, e, n);
            dA_log[size_t(e * N + n)] += A(e, n) * r * delta(row, e);
            flow[size_t(e * N + n)] = a(row, e, n) * s;
          }
          dx[size_t(row * E + e)] = through_x;
          dpre[size_t(row * E + e)] = ddelta / (1 + std::exp(-pre(row, e)));
          dD[size_t(e)] += up * x(row, e);
        }
      for (int64_t i = 0; h0_.defined() && i < E * N; ++i) dh0[size_t(span.start * E * N + i)] = flow[size_t(i)];
    }
  }
};

}  // namespace

Scanned selective_scan_plain(const Tensor& x, const Tensor& pre, const Tensor& A_log, const Tensor& bc, const Tensor& D,
                             const Tensor& h0, const Boundaries& at) {
  check_selective("selective_scan_plain", {x, pre, A_log, bc, D, h0}, at);
  const int64_t B = x.size(0), T = x.size(1), E = x.size(2), N = A_log.size(1);
  Tensor y(x.shape()), last(Shape{at.streams(B), E, N});
  const auto plain = std::make_shared<Plain>(
      Plain{Saved(x), Saved(pre), Saved(A_log), Saved(bc), Saved(D), Saved(h0), at.spans(B, T), T, E, N, {}});
  plain->forward(y.mutable_data(), last.mutable_data());
  const std::vector<Tensor> inputs{x, pre, A_log, bc, D, h0};
  std::vector<int64_t> sizes;
  for (const Tensor& input : inputs) sizes.push_back(input.defined() ? input.numel() : 0);
  const std::vector<Tensor> results =
      record("selective_scan_plain", {y, last}, inputs, [plain, sizes](const std::vector<Tensor>& up, Sinks& into) {
        std::vector<Doubles> d;
        for (const int64_t size : sizes) d.emplace_back(size_t(size));
        plain->backward(d, up[0], up[1]);
        for (size_t k = 0; k < d.size(); ++k)
          accumulate(into[int(k)], sizes[k], [from = d[k].data()](int64_t i) { return real(from[i]); });
      });
  return {results[0], results[1]};
}

}  // namespace scangrad::SCANGRAD_PRECISION
