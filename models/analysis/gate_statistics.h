// How gates behave over time, and how long a state is remembered, from the values that core/observe/gate_watch.h shows.
//
//   closed, open    the fractions of gates below and above a level
//   left            left[t] = keep[0] * ... * keep[t]: the part of h0 that is left after step t, dh[t]/dh0
//   horizon         the number of steps n, looking back from step t, after which the part `level` of a state is left:
//                       keep[t-n+1] * ... * keep[t] = level
//                   between two integers n, as if the gate were constant there
//
// A constant gate a has the horizon log(level) / log(a), once that many steps have passed. If the product of all steps
// since the start is still above `level`, the horizon is t + 1, and means: at least this many.
//
// channels_by_likeness orders channels for pictures: by their component along the first principal component of the
// channels' courses over time (power iteration), with its sign such that channels with a larger mean come last.
//
// Shapes: gates (B, T, E), one sequence per row; results (B, T, E); one set of statistics for each of the B * T steps.
// Errors: another shape, a level outside (0, 1).
#pragma once

#include <vector>

#include "../../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

struct GateLevels {
  double closed = 0.1, open = 0.9;
};

struct GateStatistics {
  double mean = 0, least = 0, largest = 0;
  double closed = 0, open = 0;  // fractions
};

// Over all gates; and for each step, over its channels.
SCANGRAD_API GateStatistics gate_statistics(const Tensor& gates, const GateLevels& levels = {});
SCANGRAD_API std::vector<GateStatistics> gate_statistics_of_steps(const Tensor& gates, const GateLevels& levels = {});

SCANGRAD_API std::vector<int64_t> channels_by_likeness(const Tensor& gates);

SCANGRAD_API Tensor left_of_start(const Tensor& keep);
SCANGRAD_API Tensor memory_horizon(const Tensor& keep, double level = 0.36787944117144233);  // 1 / e

}  // namespace scangrad::SCANGRAD_PRECISION
