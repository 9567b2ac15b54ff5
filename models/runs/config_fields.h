// Internal: the one list of a run's fields. Adding an option is one line here.
//
//   each_field(config, [](const char* name, auto& value, const char* help) { ... });
//
// What the C interface takes too stands in lists of its own: of a stack, of a network of tokens, of an optimizer.
// A value is int64_t, double, bool, std::string, an enum whose names stand in choices(), or a MixerChoice.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "../../nn/options.h"
#include "run_config.h"

namespace scangrad::SCANGRAD_PRECISION {

inline const Choices<DecayPolicy>& choices(DecayPolicy) {
  static const Choices<DecayPolicy> list{{"paper", DecayPolicy::kPaper}, {"standard", DecayPolicy::kStandard}};
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

template <class Config, class F>
void each_stack_field(Config& c, F f) {
  f("mixer", c.mixer, "what mixes over time");
  f("layers", c.layers, "blocks of the network");
  f("dim", c.dim, "channels between the blocks");
  f("expansion", c.expansion, "inner channels of a mixer, in multiples of dim");
  f("kernel", c.kernel, "taps of a causal convolution before each mixer; 0: none");
  f("mlp", c.mlp, "hidden channels of an MLP after each mixer, in multiples of dim; 0: none");
  f("mlp_kind", c.mlp_kind, "what stands between its layers: gelu, or gelu of one half as a gate of the other");
  f("norm", c.norm, "normalisation: by channels of a step, as released or as in PyTorch, or by batch");
  f("dropout", c.dropout, "of the MLP and of attention");
  f("recompute", c.recompute, "keep each block's input alone and run the block again in backward");
}

template <class Config, class F>
void each_token_field(Config& c, F f) {
  f("embed_dropout", c.embed_dropout, "of the embedded tokens");
  f("tied", c.tied, "the head uses the embedding's weights");
  f("positions", c.positions, "steps of a sequence that have a learned position; 0: none");
}

template <class Config, class F>
void each_optimizer_field(Config& c, F f) {
  f("lr", c.lr, "learning rate");
  f("weight_decay", c.weight_decay, "of AdamW");
  f("beta1", c.beta1, "of AdamW: decay of the mean of the gradients");
  f("beta2", c.beta2, "of AdamW: decay of the mean of their squares");
  f("decay_policy", c.policy, "what decays: all but gates (paper), or weights and embeddings only (standard)");
  f("clip", c.clip, "largest gradient norm; 0: no clipping");
  f("seed", c.seed, "of weights, data and dropout");
}

// Those of the task come first.
template <class Config, class F>
void each_field(Config& c, F f) {
  if (c.task == "copy") {
    f("length", c.copy.length, "steps in which data tokens are hidden");
    f("tokens", c.copy.tokens, "data tokens to remember");
    f("vocab", c.copy.vocab, "token ids: marker, data, noise");
    f("validation_examples", c.validation_examples, "unseen examples of each validation");
    f("test_examples", c.test_examples, "unseen examples of the final test");
  } else if (c.task == "text") {
    f("data", c.text.data,
      "a text file, or a folder with nanoGPT's train.bin and val.bin (default: synthetic text of known entropy)");
    f("level", c.text.level, "what a token is; ids for a folder");
    f("length", c.text.length, "tokens of a window");
    f("chunks", c.text.chunks, "parts of a window, one after the other: its exact gradient in the memory of one");
    f("stream", c.text.stream, "read contiguous streams with a carried state instead of random windows");
    f("validation_windows", c.text.validation_windows, "windows of each validation; 0: the whole validation part");
  } else {
    f("data", c.series.data,
      "one series as CSV or .npy (T, F), or, with labels, .npy (N, T, F) (default: a made-up series)");
    f("columns", c.series.columns, "those to take, by name: a,b (default: all)");
    f("labels", c.series.labels,
      ".npy (N) or, with --head step, (N, T): whole numbers are classes, others are measured");
    f("lengths", c.series.lengths, ".npy (N): steps of each sequence (default: all have T)");
    f("head", c.series.head, "what a label is said from: the last step, the mean of all, or each step");
    f("length", c.series.length, "steps of the series that a forecast is made from");
    f("horizon", c.series.horizon, "steps ahead that are forecast, each from the forecasts before");
    f("season", c.series.season, "steps of a season: its last value is a baseline; 0: none");
    f("residual", c.series.residual, "say by how much the next step differs from this one");
    f("validation_share", c.series.validation_share, "of the data, before the test part");
    f("test_share", c.series.test_share, "of the data, at its end");
    f("validation_windows", c.series.validation_windows, "forecasts of each validation; 0: after every step");
  }
  each_stack_field(c.model.stack, f);
  if (c.task != "series") each_token_field(c.model, f);
  f("steps", c.train.steps, "training steps");
  f("batch", c.batch, "examples of a step");
  f("accumulate", c.train.accumulate, "parts of a batch that are computed one after the other");
  each_optimizer_field(c.train, f);
  f("min_lr", c.train.min_lr, "learning rate at the end of the cosine, which spans all steps");
  f("warmup", c.train.warmup, "steps of linear warm-up (default: a tenth of the steps where those are fewer)");
  f("eval_every", c.train.eval_every, "steps between validations; 0: only at the end");
  f("log_every", c.train.log_every, "steps between lines of metrics.csv");
  f("save_every", c.train.save_every, "steps between saves of the state to resume from; 0: with each validation");
  f("skip_spikes", c.train.skip_spikes,
    "leave out steps whose loss or gradient norm is this many deviations above its last 128, or not finite; 0: none");
  f("stop_at", c.train.stop_at, "stop when the best validation has this accuracy, a fraction; 0: never");
}

}  // namespace scangrad::SCANGRAD_PRECISION
