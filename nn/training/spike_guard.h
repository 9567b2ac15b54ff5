// Detects spikes: steps with a loss or gradient norm far above the recent ones, which a training loop can skip.
//
//   mean, deviation     of the last 128 finite values; the variance divides by n - 1
//   a spike             loss > mean + K deviation,  or the same for the gradient norm before clipping,
//                       or one of them is not finite, or too large to be squared (above 1e150)
//
// While fewer than 64 values are known, only a step that is not finite is a spike. Finite spikes are added to the
// history too: so the guard adapts to a new level, and if many spikes follow each other the later ones are accepted.
//
//   SpikeHistory past;
//   adam.step([&](double norm) { return !is_spike(past, loss, norm, /*deviations=*/6); });
//
// Sources: SkipStepOptimizer of OLMo-core (6 deviations, 128 steps); Chowdhery et al., "PaLM", arXiv 2204.02311,
// section 5.1: a run recovers from a spike if a few batches are skipped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

struct SpikeHistory {
  int64_t skipped = 0;                // spikes so far
  int64_t in_a_row = 0;               // spikes since the last step that was not one
  std::vector<double> losses, norms;  // finite ones, the newest last
};

// Whether a step is a spike; adds it to the history.
SCANGRAD_API bool is_spike(SpikeHistory& past, double loss, double grad_norm, double deviations);

// For checkpoints: keeps all bits. Errors: words that are not such a history; the message begins with `who`.
SCANGRAD_API std::vector<uint64_t> to_words(const SpikeHistory& past);
SCANGRAD_API SpikeHistory spike_history(const std::vector<uint64_t>& words, const std::string& who);

}  // namespace scangrad::SCANGRAD_PRECISION
