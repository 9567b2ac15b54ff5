// The paper's residual network between an input and a head: maps (B, T, D) to (B, T, D).
//
//   for each block:   x = x + conv(x)                    where kernel > 0
//                     x = x + mixer(norm(x))
//                     x = x + mlp(norm(x))               where mlp > 0
//   finally           norm(x)
//
// Batch norms (nn/norm.h) take their statistics over one call: `recompute` does not change them, but cutting a sequence
// into several calls does.
//
// The state holds one part for each block, each with the parts "conv" and "mixer".
//
// Errors: layers below 1, an MLP whose channels are not a whole number, and what mixers and layers refuse.
// Source: arXiv 2410.01201, appendix C.2; block order and norms of the released code.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "../../core/random.h"
#include "../../nn/causal_conv.h"
#include "../../nn/mixer.h"
#include "../../nn/mlp.h"
#include "../../nn/norm.h"

namespace scangrad::SCANGRAD_PRECISION {

// Defaults: the paper's selective-copying network.
struct StackConfig {
  MixerChoice mixer = "mingru";  // or {"mamba", {{"states", 32}}}
  int64_t layers = 3;
  int64_t dim = 64;      // D, channels between the blocks
  double expansion = 6;  // inner channels of a mixer, in multiples of dim
  int64_t kernel = 0;    // taps of the causal convolution; 0: none
  double mlp = 0;        // hidden channels of the MLP, in multiples of dim; 0: none
  MlpKind mlp_kind = MlpKind::kGelu;
  NormKind norm = NormKind::kRms;
  double dropout = 0;      // in the MLP and in attention
  bool recompute = false;  // keep only each block's input and run the block again in backward: recompute.h
};

// Moves the position of each stream to the end of its last sequence.
SCANGRAD_API void advance(State& state, int64_t B, int64_t T, const Boundaries& at);

class SCANGRAD_API Stack {
 public:
  Stack(const Params& params, const StackConfig& config);
  // `training` draws dropout masks, and batch norms look at the batch; null: evaluation.
  Tensor operator()(Tensor x, State& state, const Boundaries& at = {}, Rng* training = nullptr) const;

 private:
  struct Block {
    std::optional<CausalConv> conv;
    Norm norm;
    std::unique_ptr<Mixer> mixer;
    std::optional<Norm> mlp_norm;
    std::optional<Mlp> mlp;
    Tensor operator()(Tensor x, State& state, const Boundaries& at, Rng* training) const;
  };
  std::vector<Block> blocks_;
  std::optional<Norm> norm_;
  bool recompute_;
  Tensor weight_;  // one of them, for recompute()
};

}  // namespace scangrad::SCANGRAD_PRECISION
