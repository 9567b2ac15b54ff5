#include "stack.h"

#include "../../core/check.h"
#include "../../nn/recompute.h"
#include "../../ops/arithmetic.h"

namespace scangrad::SCANGRAD_PRECISION {

void advance(State& state, int64_t B, int64_t T, const Boundaries& at) {
  if (!at.any()) return state.advance(T);
  for (const Span& span : at.spans(B, T)) {
    if (!span.last) continue;
    const int64_t first = span.carried >= 0 ? state.position(span.carried) : 0;
    state.set_position(span.stream, first + span.end - span.begin);
  }
}

Stack::Stack(const Params& params, const StackConfig& config) : recompute_(config.recompute) {
  check(config.layers >= 1, "stack: layers is {}, but at least 1 is needed", config.layers);
  check(config.kernel >= 0, "stack: kernel is {}, but at least 0 is needed", config.kernel);
  check(config.mlp >= 0, "stack: mlp is {}, but at least 0 is needed", config.mlp);
  const auto dropout = static_cast<real>(config.dropout);
  check(dropout >= 0 && dropout < 1, "stack: dropout is {}, but 0 to below 1 is needed", dropout);
  const int64_t dim = config.dim;
  MixerConfig sizes{.dim = dim,
                    .expansion = config.expansion,
                    .dropout = dropout,
                    .layers = config.layers,
                    .network = params,
                    .options = config.mixer.options};
  for (int64_t i = 0; i < config.layers; ++i) {
    const Params part = params / "blocks" / i;
    sizes.layer = i;
    Block block{
        {}, Norm(part / "norm", dim, config.norm), make_mixer(config.mixer.name, part / "mixer", sizes), {}, {}};
    if (config.kernel > 0) block.conv.emplace(part / "conv", dim, config.kernel);
    if (config.mlp > 0) {
      block.mlp_norm.emplace(part / "mlp_norm", dim, config.norm);
      const int64_t hidden = multiple_of_dim("stack: mlp", config.mlp, dim);
      block.mlp.emplace(part / "mlp", dim, hidden, dropout, config.mlp_kind);
    }
    blocks_.push_back(std::move(block));
  }
  norm_.emplace(params / "norm", dim, config.norm);
  weight_ = params.list().back().tensor;
}

Tensor Stack::Block::operator()(Tensor x, State& state, const Boundaries& at, Rng* training) const {
  if (conv) x = add(x, (*conv)(x, state / "conv", at));
  const bool trains = training != nullptr;
  x = add(x, (*mixer)(norm(x, trains), state / "mixer", at, training));
  return mlp ? add(x, (*mlp)((*mlp_norm)(x, trains), training)) : x;
}

Tensor Stack::operator()(Tensor x, State& state, const Boundaries& at, Rng* training) const {
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const Block& block = blocks_[i];
    State& part = state / "blocks" / static_cast<int64_t>(i);
    if (!recompute_) {
      x = block(x, part, at, training);
      continue;
    }
    const auto again = [&block, at](const std::vector<Tensor>& in, State& its, Rng* rng) {
      return std::vector<Tensor>{block(in[0], its, at, rng)};
    };
    x = recompute(again, {x}, part, weight_, training)[0];
  }
  return (*norm_)(x, training != nullptr);
}

}  // namespace scangrad::SCANGRAD_PRECISION
