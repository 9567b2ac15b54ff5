#include "language_model.h"

#include "../core/check.h"
#include "../ops/slice.h"

namespace scangrad::inline SCANGRAD_PRECISION {
namespace {

StackConfig stack_config(const LanguageModelConfig& c) {
  return {.mixer = c.mixer,
          .layers = c.layers,
          .kernel = c.kernel,
          .mlp = c.mlp,
          .dropout = static_cast<real>(c.dropout),
          .options = {.dim = c.dim,
                      .expansion = c.expansion,
                      .candidate = c.candidate,
                      .space = c.space,
                      .gates = c.gates,
                      .forget_bias = c.forget_bias,
                      .learned_h0 = c.learned_h0,
                      .states = c.states}};
}

}  // namespace

LanguageModel::LanguageModel(const Params& params, const LanguageModelConfig& config)
    : config_(config),
      embedding_(params / "embedding", config.vocab, config.dim),
      stack_(params, stack_config(config)),
      head_(params / "head", config.dim, config.outputs > 0 ? config.outputs : config.vocab, {.bias = false}) {}

Tensor LanguageModel::operator()(const Ids& ids, State& state, const Boundaries& at, Rng* training,
                                 int64_t last) const {
  check(ids.shape().rank() == 2 && ids.numel() > 0,
        "language_model: ids has shape {}, but (B, T) with at least one row and step is needed", ids.shape());
  const int64_t T = ids.size(1);
  check(last >= 0 && last <= T, "language_model: last is {}, but 0 to {} is needed", last, T);
  check(state.rows() == at.streams(ids.size(0)), "language_model: state has {} rows, but the batch has {} streams",
        state.rows(), at.streams(ids.size(0)));
  const Tensor x = stack_(embedding_(ids), state, at, training);
  state.advance(T);
  return head_(last > 0 && last < T ? slice(x, 1, T - last, T) : x);
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
