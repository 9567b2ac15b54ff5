#include "lstm.h"

#include "../../core/kernels/vec_math.h"
#include "recurrent_loop.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

struct LstmCell {
  static constexpr int64_t kGates = 4, kStates = 2;  // h, c
  static constexpr bool kOwnHidden = false;
  using Pointers = std::array<real*, 2>;
  using Inputs = std::array<const real*, 2>;

  static void forward(real* gates, real*, const Pointers& states, const real* p, const real* q, const real* b,
                      int64_t H) {
    real* const h = states[0];
    real* const c = states[1];
#pragma omp simd
    for (int64_t d = 0; d < H; ++d) {
      const int64_t f_at = H + d, g_at = 2 * H + d, o_at = 3 * H + d;
      const real i = vgate(p[d] + (q[d] + b[d]));
      const real f = vgate(p[f_at] + (q[f_at] + b[f_at]));
      const real g = vtanh(p[g_at] + (q[g_at] + b[g_at]));
      const real o = vgate(p[o_at] + (q[o_at] + b[o_at]));
      c[d] = f * c[d] + i * g;
      h[d] = o * vtanh(c[d]);
      gates[d] = i;
      gates[f_at] = f;
      gates[g_at] = g;
      gates[o_at] = o;
    }
  }

  static KeepAndWrite keep_and_write(const real* gates, int64_t d, int64_t H) {
    return {gates[H + d], gates[d]};
  }

  static void backward(real* gates, real*, real* dq, const Pointers& flows, const Inputs& before, const Inputs& after,
                       int64_t H) {
    real* const dh = flows[0];
    real* const dc = flows[1];
    const real* const c_before = before[1];
    const real* const c = after[1];
#pragma omp simd
    for (int64_t d = 0; d < H; ++d) {
      const int64_t f_at = H + d, g_at = 2 * H + d, o_at = 3 * H + d;
      const real i = gates[d], f = gates[f_at], g = gates[g_at], o = gates[o_at], u = vtanh(c[d]);
      const real whole = dc[d] + dh[d] * o * (1 - u * u);
      gates[d] = dq[d] = whole * g * i * (1 - i);
      gates[f_at] = dq[f_at] = whole * c_before[d] * f * (1 - f);
      gates[g_at] = dq[g_at] = whole * i * (1 - g * g);
      gates[o_at] = dq[o_at] = dh[d] * u * o * (1 - o);
      dc[d] = whole * f;
      dh[d] = 0;
    }
  }
};

}  // namespace

LstmStates lstm(const Tensor& projection, const Tensor& weight, const Tensor& bias, const LstmStates& starts,
                const Boundaries& at) {
  const auto states = RecurrentLoop<LstmCell>::run("lstm", projection, weight, bias, {starts.h, starts.c}, at);
  return {states[0], states[1]};
}

}  // namespace scangrad::SCANGRAD_PRECISION
