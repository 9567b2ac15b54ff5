// A profile as a table: where the time of a training step goes.
//
//   op               calls   forward ms   backward ms   share   GFLOP/s    GB/s
//   affine              15        61.20        123.40   71.2 %    180.3     4.1
//
// Calls and times are per step. GFLOP/s counts matrix products; GB/s counts the bytes that an op must move at least.
// Both are rates over forward and backward together.
#pragma once

#include <string>

#include "../../core/observe/profile.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API std::string profile_table(const Profile& profile, int64_t steps);

}  // namespace scangrad::SCANGRAD_PRECISION
