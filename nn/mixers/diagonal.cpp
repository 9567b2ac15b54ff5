#include "diagonal.h"

#include "../../core/check.h"
#include "../../ops/activations.h"
#include "../../ops/indexing/slice.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

template <class T>
T option(const Options& options, const char* name, T otherwise) {
  return options.find(name) != nullptr ? options.get<T>(name) : otherwise;
}

}  // namespace

const Choices<Space>& choices(Space) {
  static const Choices<Space> list{{"linear", Space::kLinear}, {"log", Space::kLog}};
  return list;
}

const Choices<Candidate>& choices(Candidate) {
  static const Choices<Candidate> list{{"g", Candidate::kG}, {"identity", Candidate::kIdentity}};
  return list;
}

OptionList candidate_options() {
  return {{"candidate", Candidate::kG, "what the candidate state goes through"},
          {"space", Space::kLinear, "recurrence as it stands, or through logarithms"}};
}

OptionList layer_options() {
  return {{"learned_h0", true, "start from a learned state instead of zero", kFixed},
          {"bias", true, "biases in the projections", kFixed},
          {"to_out", true, "a projection back to dim; without it expansion must be 1", kFixed}};
}

DiagonalLayer::DiagonalLayer(const Params& params, const std::string& unit, int64_t parts, const MixerConfig& config,
                             const OptionList& list, int64_t window)
    : options_(complete(unit, list, config.options)),
      inner_(inner_channels(unit, config)),
      space_(option(options_, "space", Space::kLinear)),
      candidate_(option(options_, "candidate", Candidate::kG)),
      to_hidden_and_gate_(params / "to_hidden_and_gate", window * config.dim, parts * inner_,
                          {option(options_, "bias", true), Role::kGate}),
      to_out_(params / "to_out", inner_, config.dim,
              {.bias = option(options_, "bias", true), .identity = !option(options_, "to_out", true)}),
      composes_(space_ == Space::kLog) {
  check(space_ == Space::kLinear || candidate_ == Candidate::kG,
        "{}: candidate identity in log space, but log space needs positive states: candidate g", unit);
  if (option(options_, "learned_h0", false))
    h0_ = params.tensor("h0", {inner_}, normal_init(1), {.role = Role::kState});
}

Tensor DiagonalLayer::operator()(const Tensor& x, State& state, const Boundaries& at, Rng*) const {
  const Tensor projection = project(x, state, at);
  const Tensor fresh = h0_.defined() ? positive_g(h0_) : Tensor();
  const Tensor start = start_states(state["h"], fresh, at, x.size(0), x.size(1));
  const Tensor h = composes_ ? composed(projection, start, at) : fused(projection, start, at);
  state["h"] = last_states(h, start, at);
  return result(h, projection);
}

Tensor DiagonalLayer::project(const Tensor& x, State&, const Boundaries&) const {
  return to_hidden_and_gate_(x);
}

Tensor DiagonalLayer::result(const Tensor& h, const Tensor&) const {
  return to_out_(h);
}

Tensor DiagonalLayer::part(const Tensor& projection, int64_t index) const {
  return slice(projection, 2, index * inner_, (index + 1) * inner_);
}

Tensor DiagonalLayer::through_candidate(const Tensor& v) const {
  return candidate_ == Candidate::kG ? positive_g(v) : v;
}

}  // namespace scangrad::SCANGRAD_PRECISION
