// The paper's residual network between an input and a head: maps (B, T, D) to (B, T, D).
//
//   for each block:   x = x + conv(x)                    where kernel > 0
//                     x = x + mixer(norm(x))
//                     x = x + mlp(norm(x))               where mlp > 0
//   finally           norm(x)
//
// The state holds one part for each block, each with the parts "conv" and "mixer".
//
// Errors: layers below 1, and what mixers and layers refuse.
// Source: arXiv 2410.01201, appendix C.2; block order and norms of the released code.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "../core/random.h"
#include "../nn/causal_conv.h"
#include "../nn/mixer.h"
#include "../nn/mlp.h"
#include "../nn/norm.h"

namespace scangrad::inline SCANGRAD_PRECISION {

struct StackConfig {
  std::string mixer = "mingru";
  int64_t layers = 3;
  int64_t kernel = 0;      // taps of the causal convolution; 0: none
  int64_t mlp = 0;         // hidden channels of the MLP, in multiples of dim; 0: none
  real dropout = 0;        // in the MLP and the mixer
  bool recompute = false;  // keep each block's input alone and run the block again in backward: recompute.h
  MixerConfig options;     // dim and what the mixer takes; layers and dropout are those above
};

class SCANGRAD_API Stack {
 public:
  Stack(const Params& params, const StackConfig& config);
  // `training` draws dropout masks; null: evaluation.
  Tensor operator()(Tensor x, State& state, const Boundaries& at = {}, Rng* training = nullptr) const;

 private:
  struct Block {
    std::optional<CausalConv> conv;
    RmsNorm norm;
    std::unique_ptr<Mixer> mixer;
    std::optional<RmsNorm> mlp_norm;
    std::optional<Mlp> mlp;
    Tensor operator()(Tensor x, State& state, const Boundaries& at, Rng* training) const;
  };
  std::vector<Block> blocks_;
  std::optional<RmsNorm> norm_;
  bool recompute_;
  Tensor weight_;  // one of them, for recompute()
};

}  // namespace scangrad::inline SCANGRAD_PRECISION
