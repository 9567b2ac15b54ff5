// Lets a network that was trained on a text write one.
//
// The prompt goes through the network in one scan; after that each token is one step from the carried state, so time
// and memory of a token do not grow (those of attention do: its cache holds every step). Bytes that are no UTF-8 are
// replaced.
//
// Errors: an option out of its range, a prompt that is empty or not of the vocabulary, more steps than positions.
#pragma once

#include "../../runs/trained_run.h"
#include "../actions.h"

namespace scangrad::SCANGRAD_PRECISION {

// Shows the prompt and what follows; returns the number of tokens that were written.
SCANGRAD_API int64_t sample_text(TrainedRun& run, const SampleOptions& options, const ShowText& show);

}  // namespace scangrad::SCANGRAD_PRECISION
