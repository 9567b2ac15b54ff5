// Two mixers over the same sequences, one from each end, so that a step sees what comes after it too: for labels and
// for series that are complete, not for generation.
//
//   y[t] = forward(x)[t] + backward(x)[t]          Merge::kAdd: (B, T, D)
//   y[t] = forward(x)[t], backward(x)[t]           Merge::kConcatenate: (B, T, 2D)
//
// Both are of one kind, each with its own weights. The second runs through each sequence from its last step to its
// first, in place: nothing is flipped, and padding, packed sequences and resets are respected. The state has the parts
// "forward" and "backward"; the second starts from the right end, and its final state is the one after each sequence's
// first step.
//
// Parameters: forward, backward. Errors: a mixer that only runs forward (MixerRow::reverses), and log space.
// Source: Schuster and Paliwal, "Bidirectional recurrent neural networks", 1997; states as in torch.nn.GRU.
#pragma once

#include "../mixer.h"

namespace scangrad::SCANGRAD_PRECISION {

enum class Merge { kAdd, kConcatenate };
SCANGRAD_API const Choices<Merge>& choices(Merge);

class SCANGRAD_API Bidirectional {
 public:
  // `mixer` is a name of make_mixer.
  Bidirectional(const Params& params, const std::string& mixer, const MixerConfig& config, Merge merge = Merge::kAdd);
  Tensor operator()(const Tensor& x, State& state, const Boundaries& at = {}, Rng* training = nullptr) const;

 private:
  std::unique_ptr<Mixer> forward_, backward_;
  Merge merge_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
