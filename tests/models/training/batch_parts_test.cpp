#include "../../../models/training/batch_parts.h"

#include "../../testing.h"

using namespace scangrad;

TEST_CASE("batch_parts: parts are numbered in order over all steps") {
  const BatchParts parts("test", 12, 3);
  CHECK(parts.rows == 4);
  int64_t next = 0;
  for (int64_t step = 0; step < 5; ++step)
    for (int64_t part = 0; part < 3; ++part) CHECK(parts.number(step, part) == next++);
}

TEST_CASE("batch_parts: the last example of the longest run has a number") {
  for (const int64_t accumulate : {int64_t(1), kMostBatch}) {
    const BatchParts parts("test", kMostBatch, accumulate);
    CHECK((parts.number(kMostSteps - 1, accumulate - 1) + 1) * parts.rows == kMostSteps * kMostBatch);
  }
}

TEST_CASE("batch_parts: a batch of no or too many examples, or of uneven parts, is named") {
  const auto refused = [](int64_t batch, int64_t accumulate) {
    return error_of([&] { BatchParts("test", batch, accumulate); });
  };
  CHECK(refused(0, 1) == "test: batch is 0, but 1 to 4194304 and a multiple of accumulate (1) is needed");
  CHECK(refused(8, 3) == "test: batch is 8, but 1 to 4194304 and a multiple of accumulate (3) is needed");
  CHECK(refused(8, 0) == "test: batch is 8, but 1 to 4194304 and a multiple of accumulate (0) is needed");
  CHECK(refused(4194305, 1) == "test: batch is 4194305, but 1 to 4194304 and a multiple of accumulate (1) is needed");
}
