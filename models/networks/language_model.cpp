#include "language_model.h"

#include "../../core/check.h"
#include "../../nn/linear.h"
#include "../../ops/affine.h"
#include "../../ops/arithmetic.h"
#include "../../ops/dropout.h"
#include "../../ops/indexing/slice.h"
#include "../../ops/losses/accuracy.h"
#include "../../ops/losses/cross_entropy.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// From this size on the loss computes the head by blocks of rows.
constexpr int64_t kLargeVocabulary = 4096;

real embedding_stddev(const LanguageModelConfig& config) {
  return config.tied || config.positions > 0 ? real(0.02) : real(1);
}

}  // namespace

LanguageModel::LanguageModel(const Params& params, const LanguageModelConfig& config)
    : config_(config),
      embedding_(params / "embedding", config.vocab, config.stack.dim, embedding_stddev(config)),
      stack_(params, config.stack) {
  check(config.outputs >= 0, "language_model: outputs is {}, but at least 0 is needed", config.outputs);
  const int64_t outputs = config.outputs > 0 ? config.outputs : config.vocab;
  check(!config.tied || outputs == config.vocab,
        "language_model: {} outputs with tied weights, but as many as the vocabulary's {} are needed", outputs,
        config.vocab);
  check(config.embed_dropout >= 0 && static_cast<real>(config.embed_dropout) < 1,
        "language_model: embed_dropout is {}, but 0 to below 1 is needed", config.embed_dropout);
  check(config.positions >= 0, "language_model: positions is {}, but at least 0 is needed", config.positions);
  head_ =
      config.tied ? embedding_.weight() : Linear(params / "head", config.stack.dim, outputs, {.bias = false}).weight();
  if (config.positions > 0)
    positions_.emplace(params / "positions", config.positions, config.stack.dim, embedding_stddev(config));
}

// Which step of its sequence each step of the batch is.
Ids LanguageModel::places(int64_t B, int64_t T, const State& state, const Boundaries& at) const {
  at.check_forward("language_model");
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

Tensor LanguageModel::features(const Ids& ids, State& state, const Boundaries& at, Rng* training) const {
  check(ids.shape().rank() == 2 && ids.numel() > 0,
        "language_model: ids has shape {}, but (B, T) with at least one row and step is needed", ids.shape());
  check(state.rows() == at.streams(ids.size(0)), "language_model: state has {} rows, but the batch has {} streams",
        state.rows(), at.streams(ids.size(0)));
  const int64_t B = ids.size(0), T = ids.size(1);
  Tensor embedded = embedding_(ids);
  if (positions_) embedded = add(embedded, (*positions_)(places(B, T, state, at)));
  if (training != nullptr) embedded = dropout(embedded, static_cast<real>(config_.embed_dropout), *training);
  const Tensor x = stack_(embedded, state, at, training);
  advance(state, B, T, at);
  return x;
}

Tensor LanguageModel::operator()(const Ids& ids, State& state, const Boundaries& at, Rng* training,
                                 int64_t last) const {
  const int64_t T = ids.shape().rank() == 2 ? ids.size(1) : 0;
  check(last >= 0 && last <= T, "language_model: last is {}, but 0 to {} is needed", last, T);
  const Tensor x = features(ids, state, at, training);
  return affine(last > 0 && last < T ? slice(x, 1, T - last, T) : x, head_);
}

LossAndAccuracy LanguageModel::loss(const Ids& ids, const Ids& targets, State& state, const Boundaries& at,
                                    Rng* training) const {
  const Tensor x = features(ids, state, at, training);
  if (head_.size(0) >= kLargeVocabulary) return linear_cross_entropy(x, head_, targets);
  const Tensor logits = affine(x, head_);
  return {cross_entropy(logits, targets), accuracy(logits, targets)};
}

}  // namespace scangrad::SCANGRAD_PRECISION
