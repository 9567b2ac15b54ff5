#include "elman.h"

#include "../../core/kernels/vec_math.h"
#include "recurrent_loop.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

struct ElmanCell {
  static constexpr int64_t kGates = 1, kStates = 1;
  static constexpr bool kOwnHidden = false;
  using Pointers = std::array<real*, 1>;
  using Inputs = std::array<const real*, 1>;

  static void forward(real*, real*, const Pointers& states, const real* p, const real* q, const real* b, int64_t H) {
    real* const h = states[0];
#pragma omp simd
    for (int64_t d = 0; d < H; ++d) h[d] = vtanh(p[d] + (q[d] + b[d]));
  }

  static void backward(real* dp, real*, real* dq, const Pointers& flows, const Inputs&, const Inputs& after,
                       int64_t H) {
    real* const flow = flows[0];
    const real* const h = after[0];
#pragma omp simd
    for (int64_t d = 0; d < H; ++d) {
      const real e = flow[d] * (1 - h[d] * h[d]);
      dp[d] = e;
      dq[d] = e;
      flow[d] = 0;
    }
  }
};

}  // namespace

Tensor elman(const Tensor& projection, const Tensor& weight, const Tensor& bias, const Tensor& h0,
             const Boundaries& at) {
  return RecurrentLoop<ElmanCell>::run("elman", projection, weight, bias, {h0}, at)[0];
}

}  // namespace scangrad::SCANGRAD_PRECISION
