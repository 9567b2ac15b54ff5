#include "mlp.h"

#include "../core/autograd.h"
#include "../core/check.h"
#include "../ops/activations.h"
#include "../ops/dropout.h"
#include "../ops/geglu.h"

namespace scangrad::SCANGRAD_PRECISION {

const Choices<MlpKind>& choices(MlpKind) {
  static const Choices<MlpKind> list{{"gelu", MlpKind::kGelu}, {"geglu", MlpKind::kGeglu}};
  return list;
}

Mlp::Mlp(const Params& params, int64_t dim, int64_t hidden, real dropout, MlpKind kind)
    : to_hidden_(params / "to_hidden", dim, kind == MlpKind::kGeglu ? 2 * hidden : hidden),
      mult_bias_(kind == MlpKind::kGeglu ? params.tensor("mult_bias", {hidden}, constant_init(1), {.role = Role::kBias})
                                         : Tensor()),
      to_out_(params / "to_out", hidden, dim),
      dropout_(dropout) {
  check(dropout >= 0 && dropout < 1, "mlp: dropout is {}, but 0 to below 1 is needed", dropout);
}

Tensor Mlp::operator()(const Tensor& x, Rng* training) const {
  // The largest tensor of a block, and cheap to recompute.
  const auto active = [](const std::vector<Tensor>& in) { return in[1].defined() ? geglu(in[0], in[1]) : gelu(in[0]); };
  const Tensor y = to_out_(rematerialized(active, {to_hidden_(x), mult_bias_}));
  return training != nullptr ? dropout(y, dropout_, *training) : y;
}

}  // namespace scangrad::SCANGRAD_PRECISION
