// Tells the steps whose loss or gradient norm jumps out of its recent past, so that a training loop can leave them out.
//
//   mean, deviation     of the last 128 finite values; n - 1 below the root
//   a spike             loss > mean + K deviation,  or the same of the gradient norm before clipping,
//                       or one of them that is not finite, or too large to be squared (1e150)
//
// With fewer than 64 values behind it, a step is a spike only where it is not finite. Finite spikes join the past too:
// a new level is soon the usual one, and of many spikes in one window the later ones pass, bounded by clipping alone.
//
//   SpikeHistory past;
//   adam.step([&](double norm) { return !is_spike(past, loss, norm, /*deviations=*/6); });
//
// Sources: SkipStepOptimizer of OLMo-core, with its 6 deviations of 128 steps; that leaving out a few batches takes a
// run past a spike: Chowdhery et al., "PaLM", arXiv 2204.02311, section 5.1.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

struct SpikeHistory {
  int64_t skipped = 0;                // spikes so far
  int64_t in_a_row = 0;               // spikes since the last step that was none
  std::vector<double> losses, norms;  // finite ones, the newest last
};

// Judges a step and adds it to the past.
SCANGRAD_API bool is_spike(SpikeHistory& past, double loss, double grad_norm, double deviations);

// For checkpoints: bit by bit. Errors: words that are no such history; `who` begins the message.
SCANGRAD_API std::vector<uint64_t> to_words(const SpikeHistory& past);
SCANGRAD_API SpikeHistory spike_history(const std::vector<uint64_t>& words, const std::string& who);

}  // namespace scangrad::SCANGRAD_PRECISION
