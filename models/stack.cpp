#include "stack.h"

#include "../core/check.h"
#include "../ops/arithmetic.h"

namespace scangrad::inline SCANGRAD_PRECISION {

Stack::Stack(const Params& params, const StackConfig& config) {
  check(config.layers >= 1, "stack: layers is {}, but at least 1 is needed", config.layers);
  check(config.kernel >= 0, "stack: kernel is {}, but at least 0 is needed", config.kernel);
  check(config.mlp >= 0, "stack: mlp is {}, but at least 0 is needed", config.mlp);
  const int64_t dim = config.options.dim;
  MixerConfig options = config.options;
  options.layers = config.layers;
  options.dropout = config.dropout;
  for (int64_t i = 0; i < config.layers; ++i) {
    const Params part = params / "blocks" / i;
    Block block{{}, RmsNorm(part / "norm", dim), make_mixer(config.mixer, part / "mixer", options), {}, {}};
    if (config.kernel > 0) block.conv.emplace(part / "conv", dim, config.kernel);
    if (config.mlp > 0) {
      block.mlp_norm.emplace(part / "mlp_norm", dim);
      block.mlp.emplace(part / "mlp", dim, config.mlp * dim, config.dropout);
    }
    blocks_.push_back(std::move(block));
  }
  norm_.emplace(params / "norm", dim);
}

Tensor Stack::operator()(Tensor x, State& state, const Boundaries& at, Rng* training) const {
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const Block& block = blocks_[i];
    State& part = state / "blocks" / static_cast<int64_t>(i);
    if (block.conv) x = add(x, (*block.conv)(x, part / "conv", at));
    x = add(x, (*block.mixer)(block.norm(x), part / "mixer", at, training));
    if (block.mlp) x = add(x, (*block.mlp)((*block.mlp_norm)(x), training));
  }
  return (*norm_)(x);
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
