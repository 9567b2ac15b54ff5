// The table of mixers: one row for each mixer of this library. mixer.h says what a row holds.
//
// Adding a mixer is adding a row in table.cpp: nn/README.md goes through it step by step.
#pragma once

#include <vector>

#include "../mixer.h"

namespace scangrad::SCANGRAD_PRECISION {

// In the order in which lists show them.
SCANGRAD_API std::vector<MixerRow> built_in_mixers();

}  // namespace scangrad::SCANGRAD_PRECISION
