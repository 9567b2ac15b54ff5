// Tokens in, a distribution over tokens out: embedding, the residual stack, a head.
//
//   LanguageModel model(params, {.vocab = 65, .stack = {.mixer = "mingru", .layers = 3, .dim = 384}});
//   State state = model.start(/*rows=*/64);
//   Tensor logits = model(ids, state);          // ids (B, T) -> logits (B, T, outputs)
//
// One call serves training, long prompts and single steps; the state carries everything from call to call.
// The head is Linear without bias, as in the released code, or the embedding's own weights where tied. `last` limits
// the head to the last steps of the batch: enough for tasks with their answer at the end. loss() is the mean
// cross-entropy of every step, in nats; for large vocabularies it computes the head by blocks of rows, so that all
// logits are never in memory at once.
//
// Mixers that do not see order, such as attention, need `positions`: a learned vector for each step of a sequence,
// added to the token's. A sequence cannot grow longer than that, carried state included. Embeddings start from N(0, 1),
// or from nanoGPT's N(0, 0.02) where there are positions, so that both have one scale, or where they are the head too.
//
// Errors: sizes below 1, dropout outside [0, 1), a sequence longer than `positions`, ids outside the vocabulary, an
// empty batch, what the stack refuses.
#pragma once

#include <optional>

#include "../../core/ids.h"
#include "../../nn/embedding.h"
#include "../../ops/losses/linear_cross_entropy.h"
#include "stack.h"

namespace scangrad::SCANGRAD_PRECISION {

struct LanguageModelConfig {
  int64_t vocab = 16;
  int64_t outputs = 0;       // classes of the head; 0: as many as vocab
  double embed_dropout = 0;  // of what the first block sees
  int64_t positions = 0;     // steps of a sequence that have a learned position; 0: none
  bool tied = false;         // the head uses the embedding's weights
  StackConfig stack = {};
};

class SCANGRAD_API LanguageModel {
 public:
  LanguageModel(const Params& params, const LanguageModelConfig& config);

  State start(int64_t rows) const { return State(rows); }
  // `training` draws dropout masks, and batch norms look at the batch; null: evaluation. last = 0: logits for every
  // step, else for the last ones only.
  Tensor operator()(const Ids& ids, State& state, const Boundaries& at = {}, Rng* training = nullptr,
                    int64_t last = 0) const;
  // Targets (B, T): the class that each step should have.
  LossAndAccuracy loss(const Ids& ids, const Ids& targets, State& state, const Boundaries& at = {},
                       Rng* training = nullptr) const;
  const LanguageModelConfig& config() const { return config_; }
  const Tensor& head() const { return head_; }  // its weights, (outputs, D)

 private:
  // What the head sees, (B, T, D).
  Tensor features(const Ids& ids, State& state, const Boundaries& at, Rng* training) const;
  Ids places(int64_t B, int64_t T, const State& state, const Boundaries& at) const;

  LanguageModelConfig config_;
  Embedding embedding_;
  std::optional<Embedding> positions_;
  Stack stack_;
  Tensor head_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
