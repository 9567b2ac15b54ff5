#include "gru.h"

#include "../../core/kernels/vec_math.h"
#include "recurrent_loop.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

struct GruCell {
  static constexpr int64_t kGates = 3, kStates = 1;
  static constexpr bool kOwnHidden = true;  // dq_n = dp_n * r
  using Pointers = std::array<real*, 1>;
  using Inputs = std::array<const real*, 1>;

  static void forward(real* gates, real* kept, const Pointers& states, const real* p, const real* q, const real* b,
                      int64_t H) {
    real* const h = states[0];
#pragma omp simd
    for (int64_t d = 0; d < H; ++d) {
      const int64_t z_at = H + d, n_at = 2 * H + d;
      const real r = vgate(p[d] + (q[d] + b[d]));
      const real z = vgate(p[z_at] + (q[z_at] + b[z_at]));
      const real own = q[n_at] + b[n_at];
      const real n = vtanh(p[n_at] + r * own);
      h[d] = (1 - z) * n + z * h[d];
      gates[d] = r;
      gates[z_at] = z;
      gates[n_at] = n;
      kept[d] = own;
    }
  }

  static KeepAndWrite keep_and_write(const real* gates, int64_t d, int64_t H) {
    const real z = gates[H + d];
    return {z, 1 - z};
  }

  static void backward(real* gates, real* kept, real* dq, const Pointers& flows, const Inputs& before, const Inputs&,
                       int64_t H) {
    real* const flow = flows[0];
    const real* const h = before[0];
#pragma omp simd
    for (int64_t d = 0; d < H; ++d) {
      const int64_t z_at = H + d, n_at = 2 * H + d;
      const real g = flow[d], r = gates[d], z = gates[z_at], n = gates[n_at];
      const real dn = g * (1 - z) * (1 - n * n);
      const real dz = g * (h[d] - n) * z * (1 - z);
      const real dr = dn * kept[d] * r * (1 - r);
      gates[d] = dq[d] = dr;
      gates[z_at] = dq[z_at] = dz;
      gates[n_at] = dn;
      kept[d] = dq[n_at] = dn * r;
      flow[d] = g * z;
    }
  }
};

}  // namespace

Tensor gru(const Tensor& projection, const Tensor& weight, const Tensor& bias, const Tensor& h0, const Boundaries& at) {
  return RecurrentLoop<GruCell>::run("gru", projection, weight, bias, {h0}, at)[0];
}

}  // namespace scangrad::SCANGRAD_PRECISION
