// The parts of a batch, which are computed one after the other, and the numbers by which their examples are drawn.
//
//   const BatchParts parts("text", /*batch=*/64, /*accumulate=*/4);
//   parts.rows                  16, examples of a part
//   parts.number(step, part)    step * accumulate + part: that of a part in the run
//
// The limits are such that no number, and no number * rows, overflows, whatever a file says.
//
// Errors: a batch that is empty, too large, or no multiple of accumulate; `who` begins the message.
#pragma once

#include <cstdint>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

inline constexpr int64_t kMostSteps = int64_t(1) << 40;  // of a run that is gone on with
inline constexpr int64_t kMostBatch = int64_t(1) << 22;

struct BatchParts {
  SCANGRAD_API BatchParts(const char* who, int64_t batch, int64_t accumulate);
  int64_t number(int64_t step, int64_t part) const { return step * accumulate + part; }

  int64_t accumulate, rows;
};

}  // namespace scangrad::SCANGRAD_PRECISION
