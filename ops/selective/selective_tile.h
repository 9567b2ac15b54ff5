// Internal: the equations of the selective scan (selective_scan.h) on one tile, which is up to 64 steps of a group of
// 16 channels. Every array consists of rows of 16 numbers, one for each channel, so that all loops become vector code.
// It has a row for each step, or for each n of a state. selective_scan_plain.cpp is the same without tiles.
#pragma once

#include <algorithm>
#include <utility>

#include "../../core/kernels/vec_math.h"

namespace scangrad::SCANGRAD_PRECISION {

struct SelectiveTile {
  static constexpr int64_t kLanes = 16;  // channels of a group
  static constexpr int64_t kSteps = 64;  // most steps of a tile
  static constexpr int64_t kRows = kSteps * kLanes;

  int64_t N, steps = 0;
  real *A, *D;
  real* state;                    // h; in backward a[t+1] * s[t+1], the gradient that comes from the next step
  real *x, *pre, *delta, *u, *y;  // u = delta * x; in backward y holds dy
  real *a, *h;                    // backward only; h begins with the state before the tile
  real *dA, *dD, *dbc_lanes;      // backward only; dbc_lanes holds dB and dC of one step, still in lanes
  real *dx, *dpre;                // backward only

  static int64_t forward_size(int64_t N) { return 2 * N * kLanes + kLanes + 5 * kRows; }
  static int64_t backward_size(int64_t N) {
    return forward_size(N) + (2 * kSteps + 4) * N * kLanes + kLanes + 2 * kRows;
  }
  SelectiveTile(real* memory, int64_t states_of_channel, bool backward) : N(states_of_channel) {
    const auto take = [&memory](int64_t rows) { return std::exchange(memory, memory + rows * kLanes); };
    for (real** of_state : {&A, &state}) *of_state = take(N);
    D = take(1);
    for (real** of_steps : {&x, &pre, &delta, &u, &y}) *of_steps = take(kSteps);
    if (!backward) return;
    a = take(kSteps * N);
    h = take((kSteps + 1) * N);
    dA = take(N);
    dD = take(1);
    dbc_lanes = take(2 * N);
    for (real** of_steps : {&dx, &dpre}) *of_steps = take(kSteps);
  }

  // delta = softplus(pre), u = delta * x.
  void prepare() const {
#pragma omp simd
    for (int64_t i = 0; i < steps * kLanes; ++i) {
      delta[i] = vsoftplus(pre[i]);
      u[i] = delta[i] * x[i];
    }
  }

  // h[t] = a[t] * h[t-1] + u[t] * B[t] and y[t] = sum over n of C[t] * h[t], + D * x[t]. `state` becomes the state
  // after the tile. bc has a row of 2N numbers for each step.
  void forward(const real* bc) const {
    real* const now = state;
    for (int64_t t = 0; t < steps; ++t, bc += 2 * N) {
      const real* const delta_t = delta + t * kLanes;
      const real* const u_t = u + t * kLanes;
      real sum[kLanes];
#pragma omp simd
      for (int64_t l = 0; l < kLanes; ++l) sum[l] = D[l] * x[t * kLanes + l];
      for (int64_t n = 0; n < N; ++n) {
        const real b = bc[n], c = bc[N + n];
#pragma omp simd
        for (int64_t l = 0; l < kLanes; ++l) {
          const int64_t i = n * kLanes + l;
          now[i] = madd(vexp(delta_t[l] * A[i]), now[i], b * u_t[l]);
          sum[l] = madd(c, now[i], sum[l]);
        }
      }
      std::copy_n(sum, kLanes, y + t * kLanes);
    }
  }

  // The same states again, for backward: fills a, and h after its first state.
  void recompute_states(const real* bc) const {
    real* before = h;
    real* a_n = a;
    for (int64_t t = 0; t < steps; ++t, bc += 2 * N) {
      const real* const delta_t = delta + t * kLanes;
      const real* const u_t = u + t * kLanes;
      for (int64_t n = 0; n < N; ++n, before += kLanes, a_n += kLanes) {
        const real* const A_n = A + n * kLanes;
        real* const after = before + N * kLanes;
        const real b = bc[n];
#pragma omp simd
        for (int64_t l = 0; l < kLanes; ++l) {
          a_n[l] = vexp(delta_t[l] * A_n[l]);
          after[l] = madd(a_n[l], before[l], b * u_t[l]);
        }
      }
    }
  }

  // s[t] = C[t] * dy[t] + a[t+1] * s[t+1], r[t] = s[t] * a[t] * h[t-1], and the gradients that follow from them. Fills
  // dx and dpre; adds to dA (the sum of r * delta), dD and dbc.
  void backward(const real* bc, real* dbc) const {
    real* const flow = state;
    for (int64_t t = steps - 1; t >= 0; --t) {
      const real* const delta_t = delta + t * kLanes;
      const real* const u_t = u + t * kLanes;
      const real* const dy = y + t * kLanes;
      real through_input[kLanes] = {}, through_decay[kLanes] = {};  // sums over n of s * B and of r * A
      for (int64_t n = 0; n < N; ++n) {
        const real* const a_n = a + (t * N + n) * kLanes;
        const real* const before = h + (t * N + n) * kLanes;
        const real* const after = before + N * kLanes;
        const real b = bc[t * 2 * N + n], c = bc[t * 2 * N + N + n];
        real* const db = dbc_lanes + n * kLanes;
        real* const dc = db + N * kLanes;
#pragma omp simd
        for (int64_t l = 0; l < kLanes; ++l) {
          const int64_t i = n * kLanes + l;
          const real s = madd(c, dy[l], flow[i]);
          flow[i] = s * a_n[l];
          const real r = flow[i] * before[l];
          through_input[l] = madd(s, b, through_input[l]);
          through_decay[l] = madd(r, A[i], through_decay[l]);
          dA[i] = madd(r, delta_t[l], dA[i]);
          db[l] = s * u_t[l];
          dc[l] = dy[l] * after[l];
        }
      }
      add_lanes(dbc + t * 2 * N, dbc_lanes, 2 * N);
      const real* const x_t = x + t * kLanes;
#pragma omp simd
      for (int64_t l = 0; l < kLanes; ++l) {
        dD[l] = madd(dy[l], x_t[l], dD[l]);
        dx[t * kLanes + l] = madd(delta_t[l], through_input[l], D[l] * dy[l]);
        const real ddelta = madd(x_t[l], through_input[l], through_decay[l]);
        dpre[t * kLanes + l] = ddelta * vsigmoid(pre[t * kLanes + l]);
      }
    }
  }

 private:
  // Adds to each of `rows` numbers the sum of its row of lanes. The vectors run over the rows, because a sum across the
  // lanes of one vector takes longer.
  static void add_lanes(real* to, const real* lanes, int64_t rows) {
#pragma omp simd
    for (int64_t row = 0; row < rows; ++row) {
      real sum = 0;
      for (int64_t l = 0; l < kLanes; ++l) sum += lanes[row * kLanes + l];
      to[row] += sum;
    }
  }
};

}  // namespace scangrad::SCANGRAD_PRECISION
