// Four ways to scan a list of steps h -> a h + b, with work and depth counted: for teaching and for `scangrad check
// bptt`. The kernels use none of them; they take the steps in order (diagonal_scan.h).
//
//   kSequential      one step after the other                           work n - 1          depth n - 1
//   kChunked         chunks of C steps, then the state before each      work about 2 n      depth about C + n / C
//   kHillisSteele    with the result 1, 2, 4, ... steps before          work n log n        depth log n
//   kBlelloch        pairs, pairs of pairs, ..., and back down          work about 2 n      depth about 2 log n
//
// Step t becomes all steps from the first to step t as one (combine() in step.h): its b is h[t] for h[-1] = 0. Work is
// the number of combinations, depth the length of the longest chain of them. Both are counted while the scan runs.
// Source: Hillis and Steele, CACM 1986; Blelloch, CMU-CS-90-190.
#pragma once

#include <vector>

#include "step.h"

namespace scangrad::SCANGRAD_PRECISION {

enum class ScanKind { kSequential, kChunked, kHillisSteele, kBlelloch };

struct ScanCost {
  int64_t work = 0, depth = 0;
};

// Changes `steps` in place; `chunk` is C. Errors: chunk below 1.
SCANGRAD_API ScanCost tree_scan(ScanKind kind, std::vector<Step>& steps, int64_t chunk = 64);

}  // namespace scangrad::SCANGRAD_PRECISION
