// A batch in parts that are computed one after the other, and the number of each part, which selects its examples.
//
//   const BatchParts parts("text", /*batch=*/64, /*accumulate=*/4);
//   parts.rows                  16, the examples of a part
//   parts.number(step, part)    step * accumulate + part: counts all parts of a run
//
// With these limits neither a number nor number * rows overflows, even if step comes from a damaged file.
//
// Errors: a batch that is empty, too large, or not a multiple of accumulate; the message begins with `who`.
#pragma once

#include <cstdint>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

inline constexpr int64_t kMostSteps = int64_t(1) << 40;  // done by a run that is resumed
inline constexpr int64_t kMostBatch = int64_t(1) << 22;

struct BatchParts {
  SCANGRAD_API BatchParts(const char* who, int64_t batch, int64_t accumulate);
  int64_t number(int64_t step, int64_t part) const { return step * accumulate + part; }

  int64_t accumulate, rows;
};

}  // namespace scangrad::SCANGRAD_PRECISION
