#include "batch_parts.h"

#include "../../core/check.h"

namespace scangrad::SCANGRAD_PRECISION {

// Leaves room for the steps after the resumption.
static_assert(kMostSteps < INT64_MAX / kMostBatch);

BatchParts::BatchParts(const char* who, int64_t batch, int64_t count) : accumulate(count) {
  check(batch >= 1 && batch <= kMostBatch && accumulate >= 1 && batch % accumulate == 0,
        "{}: batch is {}, but 1 to {} and a multiple of accumulate ({}) is needed", who, batch, kMostBatch, accumulate);
  rows = batch / accumulate;
}

}  // namespace scangrad::SCANGRAD_PRECISION
