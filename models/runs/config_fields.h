// Internal: the fields that every run has, one line each. A run's task has a list of its own: tasks/table.h.
//
//   each_stack_field(config.stack, [](const char* name, auto& value, const char* help) { ... });
//   each_training_field(config, [](const char* name, auto& value, const FieldHelp& help) { help.marks ... });
//
// The C interface and Python read the lists of a stack, of a network on tokens and of an optimizer too.
// A value is int64_t, double, bool, std::string, an enum with choices(), or a MixerChoice.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "../../nn/options.h"
#include "../data/vocabulary.h"
#include "../networks/language_model.h"
#include "../networks/series_model.h"
#include "run_config.h"

namespace scangrad::SCANGRAD_PRECISION {

inline const Choices<DecayPolicy>& choices(DecayPolicy) {
  static const Choices<DecayPolicy> list{{"paper", DecayPolicy::kPaper}, {"standard", DecayPolicy::kStandard}};
  return list;
}

inline const Choices<Precision>& choices(Precision) {
  static const Choices<Precision> list{{"float", Precision::kFloat}, {"bf16", Precision::kBf16}};
  return list;
}

inline const Choices<Level>& choices(Level) {
  static const Choices<Level> list{{"bytes", Level::kBytes}, {"char", Level::kChar}, {"ids", Level::kIds}};
  return list;
}
inline const Choices<Head>& choices(Head) {
  static const Choices<Head> list{{"last", Head::kLast}, {"mean", Head::kMean}, {"step", Head::kStep}};
  return list;
}

// The help of a field, and its marks (nn/options.h).
struct FieldHelp {
  FieldHelp(const char* its_text, int its_marks = 0) : text(its_text), marks(its_marks) {}
  const char* text;
  int marks;
  operator const char*() const { return text; }
};

template <class Config, class F>
void each_stack_field(Config& c, F f) {
  f("mixer", c.mixer, FieldHelp("layer that mixes over time", kFirst | kFixed));
  f("layers", c.layers, FieldHelp("blocks of the network", kFirst | kFixed));
  f("dim", c.dim, FieldHelp("channels between the blocks", kFirst | kFixed));
  f("expansion", c.expansion, FieldHelp("inner channels of a mixer, in multiples of dim", kFixed));
  f("kernel", c.kernel, FieldHelp("taps of a causal convolution before each mixer; 0: none", kFixed));
  f("mlp", c.mlp, FieldHelp("hidden channels of an MLP after each mixer, in multiples of dim; 0: none", kFixed));
  f("mlp_kind", c.mlp_kind, FieldHelp("activation of the MLP: gelu, or geglu (one half gates the other)", kFixed));
  f("norm", c.norm,
    FieldHelp("normalisation: over channels as in the released code or as in PyTorch, layer norm, or over the batch",
              kFixed));
  f("dropout", c.dropout, "dropout of the MLP and of attention");
  f("recompute", c.recompute, "save memory: keep only the input of each block and compute the block again in backward");
}

template <class Config, class F>
void each_token_field(Config& c, F f) {
  f("embed_dropout", c.embed_dropout, "dropout of the embedded tokens");
  f("tied", c.tied, FieldHelp("the head uses the embedding's weights", kFixed));
  f("positions", c.positions, FieldHelp("number of learned positions, the longest sequence; 0: none", kFixed));
}

template <class Config, class F>
void each_optimizer_field(Config& c, F f) {
  f("lr", c.lr, FieldHelp("learning rate", kFirst));
  f("weight_decay", c.weight_decay, "weight decay of AdamW");
  f("beta1", c.beta1, "AdamW: decay of the mean of the gradients");
  f("beta2", c.beta2, "AdamW: decay of the mean of the squared gradients");
  f("decay_policy", c.policy,
    "which parameters decay: all but gates (paper), or only weights and embeddings (standard)");
  f("clip", c.clip, "largest gradient norm; 0: no clipping");
  f("seed", c.seed, FieldHelp("seed of weights, data and dropout", kFirst));
}

// Of a training, not of its optimizer.
template <class Config, class F>
void each_precision_field(Config& c, F f) {
  f("precision", c.precision,
    "of matrix products in training: float, or bf16 (rounded to 8 bits; up to twice as fast)");
}

template <class Config, class F>
void each_training_field(Config& c, F f) {
  f("steps", c.train.steps, FieldHelp("training steps", kFirst));
  f("batch", c.batch, FieldHelp("examples of a step", kFirst));
  each_precision_field(c.train, f);
  f("accumulate", c.train.accumulate, "parts of a batch that are computed one after the other");
  each_optimizer_field(c.train, f);
  f("min_lr", c.train.min_lr, "learning rate at the end of the cosine, which spans all steps");
  f("warmup", c.train.warmup, "steps of linear warm-up (default: at most a tenth of the steps)");
  f("eval_every", c.train.eval_every, "steps between validations; 0: only at the end");
  f("log_every", c.train.log_every, "steps between lines of metrics.csv");
  f("save_every", c.train.save_every, "steps between saves of the state to resume from; 0: with each validation");
  f("skip_spikes", c.train.skip_spikes,
    "skip steps whose loss or gradient norm is not finite or this many deviations above the last 128 steps; 0: none");
  f("stop_at", c.train.stop_at, "stop when the best validation has this accuracy, a fraction; 0: never");
}

}  // namespace scangrad::SCANGRAD_PRECISION
