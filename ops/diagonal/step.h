// One step of a linear recurrence, the map h -> a h + b, and two steps as one.
//
//   earlier (a1, b1), then later (a2, b2):      a2 (a1 h + b1) + b2 = (a2 a1) h + (a2 b1 + b2)
//
// Combining is associative: the order of the steps matters, their grouping does not. So a chunk of time is one step
// again (summarize.h), and steps can be combined as a tree (tree_scan.h). The kernels do neither by default: they take
// the steps in order (diagonal_scan.h), because on a CPU one multiply-add for each step costs least.
#pragma once

#include "../../core/kernels/vec_math.h"

namespace scangrad::SCANGRAD_PRECISION {

struct Step {
  real a, b;
};

inline Step combine(const Step& later, const Step& earlier) {
  return {later.a * earlier.a, madd(later.a, earlier.b, later.b)};
}

}  // namespace scangrad::SCANGRAD_PRECISION
