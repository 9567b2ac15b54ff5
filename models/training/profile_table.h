// A profile as a table: where the time of a training step goes.
//
//   op               calls   forward ms   backward ms   share   GFLOP/s    GB/s
//   affine              15        61.20        123.40   71.2 %    180.3     4.1
//
// Calls and times are those of one step. GFLOP/s are those of matrix products, GB/s of the bytes that an op has to move
// at least; both over its forward and backward together.
#pragma once

#include <string>

#include "../../core/observe/profile.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API std::string profile_table(const Profile& profile, int64_t steps);

}  // namespace scangrad::SCANGRAD_PRECISION
