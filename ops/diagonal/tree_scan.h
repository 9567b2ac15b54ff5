// Four ways to scan a sequence of maps h -> a h + x, with their work and depth counted: for teaching. What the engine
// runs is ops/diagonal/diagonal_scan.h.
//
//   (a1, x1), then (a2, x2)   is the map   (a2 a1, a2 x1 + x2)          so neighbours can be combined in any grouping
//
//   kSequential      one after the other                                work n - 1          depth n - 1
//   kChunked         pieces of C steps, what enters each, then into it  work about 2 n      depth about C + n / C
//   kHillisSteele    with the one 1, 2, 4, ... steps before             work n log n        depth log n
//   kBlelloch        pairs, pairs of pairs, ..., and back down          work about 2 n      depth about 2 log n
//
// Map t becomes the map from the sequence's start to step t: its x is h[t] for h[-1] = 0. Work is the number of
// combinations, depth the longest chain of them; both are counted while they happen.
// Source: Hillis and Steele, CACM 1986; Blelloch, CMU-CS-90-190.
#pragma once

#include <vector>

#include "step.h"

namespace scangrad::SCANGRAD_PRECISION {

enum class ScanKind { kSequential, kChunked, kHillisSteele, kBlelloch };

struct ScanCost {
  int64_t work = 0, depth = 0;
};

// In place. Errors: chunk below 1.
SCANGRAD_API ScanCost tree_scan(ScanKind kind, std::vector<Affine>& maps, int64_t chunk = 64);

}  // namespace scangrad::SCANGRAD_PRECISION
