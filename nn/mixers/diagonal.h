// What every layer around a diagonal recurrence shares. A layer adds its gates and little else.
//
//   p    = Linear(x)                         P parts of E channels: one fused projection
//   h[t] = a(p[t]) * h[t-1] + b(p[t])        fused(): one op for gates and recurrence
//   y    = Linear(h)                         from E = expansion * D channels back to D
//
// The state holds h under the name "h". A sequence starts from g(p) with a learned p, or from zero.
//
// A layer names its parts and its options, and gives fused() and composed(). Its list of options may hold
//   space          linear, or the same function through logarithms: composed() computes it
//   candidate      g or identity; with identity states may be negative, which log space cannot be
//   learned_h0, bias, to_out
// and those that it does not list are linear, g, no learned state, with biases and with the projection back.
//
// Shapes: x (B, T, D) -> (B, T, D). Parameters, in this order: to_hidden_and_gate (P E, D), to_out (D, E), h0 (E).
// Initialisation: U(+-1/sqrt(fan in)), h0 from N(0, 1).
// Errors: E not a whole number, candidate identity in log space, an unknown option.
#pragma once

#include "../../ops/diagonal/candidate.h"
#include "../linear.h"
#include "../mixer.h"

namespace scangrad::SCANGRAD_PRECISION {

// Where a recurrence is computed: as it stands, or through logarithms as in the paper's appendix B.
enum class Space { kLinear, kLog };

SCANGRAD_API const Choices<Space>& choices(Space);
SCANGRAD_API const Choices<Candidate>& choices(Candidate);

// Options that several layers share: candidate and space; learned_h0, bias and to_out.
SCANGRAD_API OptionList candidate_options();
SCANGRAD_API OptionList layer_options();

class SCANGRAD_API DiagonalLayer : public Mixer {
 public:
  Tensor operator()(const Tensor& x, State& state, const Boundaries& at = {}, Rng* = nullptr) const override;

  // h (B, T, E) from the projection (B, T, P E) and the start (sequences, E): by the fused op, and by plain ops.
  virtual Tensor fused(const Tensor& projection, const Tensor& start, const Boundaries& at = {}) const = 0;
  virtual Tensor composed(const Tensor& projection, const Tensor& start, const Boundaries& at = {}) const = 0;

  void use_plain_ops() { composes_ = true; }

 protected:
  // `window`: the projection reads so many steps of D channels, where project() gives them; else one.
  DiagonalLayer(const Params& params, const std::string& unit, int64_t parts, const MixerConfig& config,
                const OptionList& list, int64_t window = 1);

  // The steps of the mechanism that a layer may replace: p from x, and y from h.
  virtual Tensor project(const Tensor& x, State& state, const Boundaries& at) const;
  virtual Tensor result(const Tensor& h, const Tensor& projection) const;

  Tensor part(const Tensor& projection, int64_t index) const;  // (B, T, E)
  Tensor through_candidate(const Tensor& v) const;             // g(v) or v

  const Options options_;  // all of them
  const int64_t inner_;    // E
  const Space space_;
  const Candidate candidate_;
  Linear to_hidden_and_gate_, to_out_;

 private:
  bool composes_;
  Tensor h0_;
};

// A maker of the same layer by plain ops: for checks.
template <class Layer>
std::unique_ptr<Mixer> make_plain_layer(const Params& params, const MixerConfig& config) {
  auto layer = std::make_unique<Layer>(params, config);
  layer->use_plain_ops();
  return layer;
}

}  // namespace scangrad::SCANGRAD_PRECISION
