#include "language_model.h"

#include "../core/check.h"
#include "../ops/arithmetic.h"
#include "../ops/slice.h"

namespace scangrad::inline SCANGRAD_PRECISION {
namespace {

constexpr real kPositionStddev = real(0.02);  // nanoGPT's

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
                      .heads = c.heads}};
}

// Moves each stream to the end of its last sequence.
void advance(State& state, int64_t B, int64_t T, const Boundaries& at) {
  if (!at.any()) return state.advance(T);
  for (const Span& span : at.spans(B, T)) {
    if (span.start < 0) continue;
    const int64_t stream = at.streams(B) == B ? span.row : span.start;
    const int64_t first = span.carried >= 0 ? state.position(stream) : 0;
    state.set_position(stream, first + span.end - span.begin);
  }
}

}  // namespace

LanguageModel::LanguageModel(const Params& params, const LanguageModelConfig& config)
    : config_(config),
      embedding_(params / "embedding", config.vocab, config.dim),
      stack_(params, stack_config(config)),
      head_(params / "head", config.dim, config.outputs > 0 ? config.outputs : config.vocab, {.bias = false}) {
  check(config.positions >= 0, "language_model: positions is {}, but at least 0 is needed", config.positions);
  if (config.positions > 0) positions_.emplace(params / "positions", config.positions, config.dim, kPositionStddev);
}

// Which step of its sequence each step of the batch is.
Ids LanguageModel::places(int64_t B, int64_t T, const State& state, const Boundaries& at) const {
  Ids places({B, T});
  for (const Span& span : at.spans(B, T)) {
    const int64_t first = span.carried >= 0 ? state.position(span.carried) : 0, steps = span.end - span.begin;
    check(span.start < 0 || first + steps <= config_.positions,
          "language_model: a sequence has {} steps, but positions is {}", first + steps, config_.positions);
    for (int64_t t = 0; t < steps; ++t)
      places.data()[span.row * T + span.begin + t] = span.start < 0 ? 0 : static_cast<int32_t>(first + t);
  }
  return places;
}

Tensor LanguageModel::operator()(const Ids& ids, State& state, const Boundaries& at, Rng* training,
                                 int64_t last) const {
  check(ids.shape().rank() == 2 && ids.numel() > 0,
        "language_model: ids has shape {}, but (B, T) with at least one row and step is needed", ids.shape());
  const int64_t T = ids.size(1);
  check(last >= 0 && last <= T, "language_model: last is {}, but 0 to {} is needed", last, T);
  check(state.rows() == at.streams(ids.size(0)), "language_model: state has {} rows, but the batch has {} streams",
        state.rows(), at.streams(ids.size(0)));
  Tensor embedded = embedding_(ids);
  if (positions_) embedded = add(embedded, (*positions_)(places(ids.size(0), T, state, at)));
  const Tensor x = stack_(embedded, state, at, training);
  advance(state, ids.size(0), T, at);
  return head_(last > 0 && last < T ? slice(x, 1, T - last, T) : x);
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
