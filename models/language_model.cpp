#include "language_model.h"

#include "../core/check.h"
#include "../nn/linear.h"
#include "../ops/accuracy.h"
#include "../ops/affine.h"
#include "../ops/cross_entropy.h"
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

// From here on the loss goes through the head by blocks of rows.
constexpr int64_t kLargeVocabulary = 4096;

// A tied embedding is a head too, and heads start small: nanoGPT's deviation.
real embedding_stddev(const LanguageModelConfig& config) {
  return config.tied ? real(0.02) : real(1);
}

}  // namespace

LanguageModel::LanguageModel(const Params& params, const LanguageModelConfig& config)
    : config_(config),
      embedding_(params / "embedding", config.vocab, config.dim, embedding_stddev(config)),
      stack_(params, stack_config(config)) {
  const int64_t outputs = config.outputs > 0 ? config.outputs : config.vocab;
  check(!config.tied || outputs == config.vocab,
        "language_model: {} outputs with tied weights, but as many as the vocabulary's {} are needed", outputs,
        config.vocab);
  head_ = config.tied ? embedding_.weight() : Linear(params / "head", config.dim, outputs, {.bias = false}).weight();
}

Tensor LanguageModel::features(const Ids& ids, State& state, const Boundaries& at, Rng* training) const {
  check(ids.shape().rank() == 2 && ids.numel() > 0,
        "language_model: ids has shape {}, but (B, T) with at least one row and step is needed", ids.shape());
  check(state.rows() == at.streams(ids.size(0)), "language_model: state has {} rows, but the batch has {} streams",
        state.rows(), at.streams(ids.size(0)));
  const Tensor x = stack_(embedding_(ids), state, at, training);
  state.advance(ids.size(1));
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

}  // namespace scangrad::inline SCANGRAD_PRECISION
