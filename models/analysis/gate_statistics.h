// What gates do over time, and how long a state remembers: from the coefficients that core/observe/gate_watch.h shows.
//
//   closed, open    the shares of channels whose gate is below and above a level
//   left            left[t] = keep[0] * ... * keep[t]: what is left of h0 after step t, dh[t]/dh0 of the recurrence
//   horizon         after how many steps less than `level` is left of what a state was: the n at which
//                       keep[t-n+1] * ... * keep[t] = level
//                   looking back from step t; between two whole n as if the gate were constant there
//
// A constant gate a has the horizon log(level) / log(a) once so many steps have passed. Where the sequence begins
// earlier, the horizon is the t + 1 steps there are, and means: at least so many.
//
// channels_by_likeness orders channels, for pictures: by how far each goes along the one course over the steps that
// explains most of what they do (the first principal component, by power iteration); those with a larger mean come
// last.
//
// Shapes: gates (B, T, E), each row one sequence; results (B, T, E), statistics of steps one for each of B * T.
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
  double closed = 0, open = 0;  // shares
};

// Of all gates, and of each step over its channels.
SCANGRAD_API GateStatistics gate_statistics(const Tensor& gates, const GateLevels& levels = {});
SCANGRAD_API std::vector<GateStatistics> gate_statistics_of_steps(const Tensor& gates, const GateLevels& levels = {});

SCANGRAD_API std::vector<int64_t> channels_by_likeness(const Tensor& gates);

SCANGRAD_API Tensor left_of_start(const Tensor& keep);
SCANGRAD_API Tensor memory_horizon(const Tensor& keep, double level = 0.36787944117144233);  // 1 / e

}  // namespace scangrad::SCANGRAD_PRECISION
