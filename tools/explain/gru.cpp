// scangrad explain gru: why the recurrence of a GRU cannot be scanned. The derivatives come from the library's own GRU.
#include <fmt/format.h>

#include "../../core/autograd.h"
#include "../../ops/diagonal/min_gru_scan.h"
#include "../../ops/sequential/gru.h"
#include "explain.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

struct Result {
  real h, slope;  // the state after the steps, and its derivative with respect to the state before them
};

// `steps` steps of a GRU with one channel, from the state `before`.
Result gru_from(real before, int64_t steps) {
  const Tensor p({1, steps, 3}, steps == 1
                                    ? std::vector<real>{real(0.2), real(-0.5), real(0.4)}
                                    : std::vector<real>{real(0.2), real(-0.5), real(0.4), real(-0.3), real(0.1), -1});
  const Tensor weight({3, 1}, {real(1.5), 2, real(-1.2)}), bias({3}, {0, 0, real(0.3)});
  Tensor h0({1, 1}, {before});
  h0.set_requires_grad(true);
  const Tensor h = gru(p, weight, bias, h0);
  Tensor last = Tensor::zeros({1, steps, 1});
  last.mutable_data()[steps - 1] = 1;
  backward({h}, {last});
  return {h.data()[steps - 1], h0.grad().item()};
}

// The same for one step of minGRU.
Result min_gru_from(real before) {
  Tensor h0({1, 1}, {before});
  h0.set_requires_grad(true);
  const Tensor h = min_gru_scan(Tensor({1, 1, 2}, {real(0.7), real(0.4)}), h0);
  backward({h}, {Tensor::full({1, 1, 1}, 1)});
  return {h.item(), h0.grad().item()};
}

}  // namespace

int explain_gru() {
  fmt::print(
      "A GRU with one channel and one input x[t], from three different states h[t-1].\n"
      "The slope is the derivative of h[t] with respect to h[t-1], as backward\n"
      "computes it.\n"
      "\n"
      "            one step of minGRU     one step of a GRU      two steps of the GRU\n"
      "  h[t-1]        h[t]     slope        h[t]     slope       h[t+1]      slope\n");
  for (const real before : {real(-1), real(0), real(1)}) {
    const Result simple = min_gru_from(before), one = gru_from(before, 1), two = gru_from(before, 2);
    fmt::print("  {:>6.1f}    {:>8.3f}  {:>8.3f}    {:>8.3f}  {:>8.3f}     {:>8.3f}   {:>8.3f}\n", before, simple.h,
               simple.slope, one.h, one.slope, two.h, two.slope);
  }
  fmt::print(
      "\n"
      "The slope of minGRU is always 1 - z. It depends on x[t] only, so it is known\n"
      "before the state is. The step is a h[t-1] + b with two known numbers, two\n"
      "steps are again two known numbers (scangrad explain scan), and so steps can be\n"
      "combined in any grouping, before the first state is known.\n"
      "\n"
      "The slope of the GRU changes with h[t-1], because its gates look at h[t-1]:\n"
      "\n"
      "  r = sigmoid(x_r + W_r h[t-1])\n"
      "  z = sigmoid(x_z + W_z h[t-1])\n"
      "  n = tanh(x_n + r (W_n h[t-1] + b))\n"
      "  h[t] = (1 - z) n + z h[t-1]\n"
      "\n"
      "So there are no two numbers that describe one step, and nothing shorter than\n"
      "the two steps themselves describes two steps. Step t has to wait for h[t-1].\n"
      "\n"
      "With H channels there is a second reason. The derivative of a GRU's h[t] with\n"
      "respect to h[t-1] is a matrix, the Jacobian, with H x H numbers:\n"
      "\n"
      "  J[t] = diag(z) + (terms with W_r, W_z and W_n)\n"
      "\n"
      "Backward needs s[t] = dh[t] + J[t+1]^T s[t+1], one product of a matrix and a\n"
      "vector after the other: backpropagation through time. This recurrence is\n"
      "linear in s and could be scanned, but combining two steps means to multiply\n"
      "two H x H matrices: H^3 operations, where a step has H^2. In minGRU the\n"
      "Jacobian is diagonal, and combining two steps takes 2 H multiplications.\n");
  return 0;
}

}  // namespace scangrad_tools
