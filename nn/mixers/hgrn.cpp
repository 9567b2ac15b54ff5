#include "hgrn.h"

#include "../../ops/activations.h"
#include "../../ops/arithmetic.h"
#include "../../ops/diagonal/boundary_scan.h"
#include "../../ops/diagonal/hgrn_scan.h"
#include "../../ops/indexing/slice.h"

namespace scangrad::SCANGRAD_PRECISION {

OptionList Hgrn::options() {
  return {{"bias", false, "biases in the projections", kFixed}};
}

Hgrn::Hgrn(const Params& params, const MixerConfig& config)
    : DiagonalLayer(params, "hgrn", /*parts=*/3, config, options()),
      norm_(params / "norm", inner_, NormKind::kTorchRms),
      layer_(config.layer),
      lower_bounds_(config.network.value_or(params).shared("lower_bounds", {config.layers, inner_}, constant_init(0),
                                                           {.role = Role::kGate})) {}

Tensor Hgrn::fused(const Tensor& projection, const Tensor& start, const Boundaries& at) const {
  return hgrn_scan(slice(projection, 2, 0, 2 * inner_), hgrn_lower_bound(lower_bounds_, layer_), start, at);
}

// The same by plain ops: this is HGRN.
Tensor Hgrn::composed(const Tensor& projection, const Tensor& start, const Boundaries& at) const {
  const Tensor q = silu(part(projection, 0)), k = part(projection, 1);
  const Tensor lower = hgrn_lower_bound(lower_bounds_, layer_), rest = subtract(Tensor::full({inner_}, 1), lower);
  const Tensor f = add(multiply(sigmoid(k), rest), lower), write = multiply(sigmoid(scale(k, -1)), rest);
  return boundary_scan(f, multiply(write, q), start, at);
}

Tensor Hgrn::result(const Tensor& h, const Tensor& projection) const {
  return to_out_(multiply(norm_(h), silu(part(projection, 2))));
}

}  // namespace scangrad::SCANGRAD_PRECISION
