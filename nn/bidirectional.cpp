#include "bidirectional.h"

#include "../ops/arithmetic.h"
#include "../ops/concat.h"

namespace scangrad::SCANGRAD_PRECISION {

Bidirectional::Bidirectional(const Params& params, const std::string& mixer, const MixerConfig& config, Merge merge)
    : forward_(make_mixer(mixer, params / "forward", config)),
      backward_(make_mixer(mixer, params / "backward", config)),
      merge_(merge) {}

Tensor Bidirectional::operator()(const Tensor& x, State& state, const Boundaries& at, Rng* training) const {
  const Tensor backward = (*backward_)(x, state / "backward", at.reversed(), training);  // first: it may refuse
  const Tensor forward = (*forward_)(x, state / "forward", at, training);
  return merge_ == Merge::kAdd ? add(forward, backward) : concatenate({forward, backward}, -1);
}

}  // namespace scangrad::SCANGRAD_PRECISION
