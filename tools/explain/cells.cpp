// scangrad explain mingru, scangrad explain minlstm: one step of the cell, and its gradient.
#include <fmt/format.h>

#include <cmath>

#include "../../core/autograd.h"
#include "../../ops/diagonal/min_gru_scan.h"
#include "../../ops/diagonal/min_lstm_scan.h"
#include "explain.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

real sigmoid_of(real x) {
  return 1 / (1 + std::exp(-x));
}

constexpr const char* kGradient =
    "The gradient, if dh = {:.3f} is the whole gradient of h: what comes from the\n"
    "loss at this step and what comes back from step t+1.\n"
    "\n";

}  // namespace

int explain_mingru() {
  const real k = real(0.4), v = real(0.7), before = real(1.5), dh = 1;
  Tensor p({1, 1, 2}, {v, k}), h0({1, 1}, {before});
  p.set_requires_grad(true);
  h0.set_requires_grad(true);
  const Tensor h = min_gru_scan(p, h0);
  backward({h}, {Tensor::full({1, 1, 1}, dh)});
  const real z = sigmoid_of(k), c = v + real(0.5);
  fmt::print(
      "One step of minGRU with one channel. The two projections of x[t] are k =\n"
      "{:.3f} and v = {:.3f}; the state before is h[t-1] = {:.3f}.\n"
      "\n"
      "  z = sigmoid(k)            = {:.3f}    share of the new candidate\n"
      "  c = g(v) = v + 1/2        = {:.3f}    candidate; for v < 0, g(v) is sigmoid(v)\n"
      "  h = (1 - z) h[t-1] + z c  = {:.3f} * {:.3f} + {:.3f} * {:.3f} = {:.3f}\n"
      "\n"
      "Neither z nor c depends on h[t-1], so one matrix product computes them for all\n"
      "steps. With a = 1 - z and b = z c the step is h[t] = a h[t-1] + b, a linear\n"
      "recurrence (scangrad explain scan).\n"
      "\n",
      k, v, before, z, c, 1 - z, before, z, c, h.item());
  fmt::print(kGradient, dh);
  fmt::print(
      "  dz = dh (c - h[t-1])      = {:.3f}\n"
      "  dk = dz z (1 - z)         = {:.3f}    the program's: {:.3f}\n"
      "  dc = dh z                 = {:.3f}\n"
      "  dv = dc g'(v) = dc        = {:.3f}    the program's: {:.3f}\n"
      "  dh[t-1] = dh (1 - z)      = {:.3f}    the program's: {:.3f}\n"
      "\n"
      "Only dh[t-1] goes back to the step before.\n",
      dh * (c - before), dh * (c - before) * z * (1 - z), p.grad().data()[1], dh * z, dh * z, p.grad().data()[0],
      dh * (1 - z), h0.grad().item());
  return 0;
}

int explain_minlstm() {
  const real v = real(-0.2), kf = real(0.9), ki = real(-0.3), before = real(1.5), dh = 1;
  Tensor p({1, 1, 3}, {v, kf, ki}), h0({1, 1}, {before});
  p.set_requires_grad(true);
  h0.set_requires_grad(true);
  const Tensor h = min_lstm_scan(p, h0, Gates::kNormalised);
  backward({h}, {Tensor::full({1, 1, 1}, dh)});
  const real f = sigmoid_of(kf), i = sigmoid_of(ki), c = sigmoid_of(v);
  const real keep = f / (f + i), write = i / (f + i), r = dh * (c - before) * keep * write;
  fmt::print(
      "One step of minLSTM with one channel. The three projections of x[t] are v =\n"
      "{:.3f}, kf = {:.3f} and ki = {:.3f}; the state before is h[t-1] = {:.3f}.\n"
      "\n"
      "  f = sigmoid(kf)           = {:.3f}    forget gate\n"
      "  i = sigmoid(ki)           = {:.3f}    input gate\n"
      "  c = g(v) = sigmoid(v)     = {:.3f}    candidate; for v >= 0, g(v) is v + 1/2\n"
      "\n"
      "Normalised gates (--gates normalised) sum to 1, so the state keeps its scale:\n"
      "\n"
      "  keep  = f / (f + i)       = {:.3f}\n"
      "  write = i / (f + i)       = {:.3f}\n"
      "  h = keep h[t-1] + write c = {:.3f} * {:.3f} + {:.3f} * {:.3f} = {:.3f}\n"
      "\n"
      "Plain gates use keep = f and write = i. Neither depends on h[t-1]: with a =\n"
      "keep and b = write c the step is h[t] = a h[t-1] + b, a linear recurrence\n"
      "(scangrad explain scan).\n"
      "\n",
      v, kf, ki, before, f, i, c, keep, write, keep, before, write, c, h.item());
  fmt::print(kGradient, dh);
  fmt::print(
      "  r = dh (c - h[t-1]) keep write  = {:.3f}\n"
      "  dkf = -r (1 - f)                = {:.3f}    the program's: {:.3f}\n"
      "  dki = r (1 - i)                 = {:.3f}    the program's: {:.3f}\n"
      "  dv = dh write c (1 - c)         = {:.3f}    the program's: {:.3f}\n"
      "  dh[t-1] = dh keep               = {:.3f}    the program's: {:.3f}\n",
      r, -r * (1 - f), p.grad().data()[1], r * (1 - i), p.grad().data()[2], dh * write * c * (1 - c),
      p.grad().data()[0], dh * keep, h0.grad().item());
  return 0;
}

}  // namespace scangrad_tools
