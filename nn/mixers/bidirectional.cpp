#include "bidirectional.h"

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../ops/arithmetic.h"
#include "../../ops/indexing/concat.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

const std::string& checked(const std::string& mixer) {
  check(mixer_row(mixer).reverses, "bidirectional: {} only runs forward, but one of {} is needed", mixer,
        joined(mixer_names([](const MixerRow& row) { return row.reverses; })));
  return mixer;
}

}  // namespace

const Choices<Merge>& choices(Merge) {
  static const Choices<Merge> list{{"add", Merge::kAdd}, {"concatenate", Merge::kConcatenate}};
  return list;
}

Bidirectional::Bidirectional(const Params& params, const std::string& mixer, const MixerConfig& config, Merge merge)
    : forward_(make_mixer(checked(mixer), params / "forward", config)),
      backward_(make_mixer(mixer, params / "backward", config)),
      merge_(merge) {}

Tensor Bidirectional::operator()(const Tensor& x, State& state, const Boundaries& at, Rng* training) const {
  const Tensor backward = (*backward_)(x, state / "backward", at.reversed(), training);  // first: it may refuse
  const Tensor forward = (*forward_)(x, state / "forward", at, training);
  return merge_ == Merge::kAdd ? add(forward, backward) : concatenate({forward, backward}, -1);
}

}  // namespace scangrad::SCANGRAD_PRECISION
