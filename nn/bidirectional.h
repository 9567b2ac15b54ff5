// Two mixers over the same sequences, one from each end, so that a step sees what comes after it too: for labels and
// for series that are there as a whole, not for writing on.
//
//   y[t] = forward(x)[t] + backward(x)[t]          Merge::kAdd: (B, T, D)
//   y[t] = forward(x)[t], backward(x)[t]           Merge::kConcatenate: (B, T, 2D)
//
// Both are of one kind, with weights of their own. The second runs through each sequence from its last step to its
// first, in place: nothing is flipped, and padding, packed sequences and resets are seen right. The state has the parts
// "forward" and "backward"; what the second starts from comes from the right, and what it leaves is its state after
// each sequence's first step.
//
// Parameters: forward, backward. Errors: a mixer whose ops only know one direction (attention, mamba, and log space).
// Source: Schuster and Paliwal, "Bidirectional recurrent neural networks", 1997; states as in torch.nn.GRU.
#pragma once

#include "mixer.h"

namespace scangrad::SCANGRAD_PRECISION {

enum class Merge { kAdd, kConcatenate };

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
