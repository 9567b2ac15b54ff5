// Denormal numbers: those closer to zero than 2^-126 (in double 2^-1022). They lose digits, and many processors,
// Intel's among them, compute about 100 times slower with them.
//
// The gradient of a recurrence shrinks from step to step, and on long sequences it reaches this range: with a = 0.75
// from 1 to 2^-126 in 304 steps. Then flush_denormals(true) makes training several times faster. Denormal operands and
// results count as zero from then on.
//
//   int main() {
//     flush_denormals(true);      // before the first parallel work
//
// The setting belongs to a thread. The library's own threads take it over from the thread for which they work. OpenMP's
// threads have it from the thread that was the first to use them, so a program that chooses OpenMP sets it at its
// start. The library never changes it, because the program's other computations would change, too.
#pragma once

#include "../real.h"

namespace scangrad::SCANGRAD_PRECISION {

// Whether this thread treats denormal numbers as zero from now on. Returns false, and does nothing, on a processor for
// which this is not implemented (implemented: x86-64, AArch64).
SCANGRAD_API bool flush_denormals(bool flush);
SCANGRAD_API bool flushes_denormals();

}  // namespace scangrad::SCANGRAD_PRECISION
