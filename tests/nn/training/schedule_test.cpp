#include "../../../nn/training/schedule.h"

#include "../../testing.h"

using namespace scangrad;

TEST_CASE("schedule: cases worked by hand") {
  const Schedule schedule({.lr = 8, .min_lr = 2, .warmup = 3, .steps = 7});
  // Warm-up in quarters of 8, then 2 + 6 (1 + cos) / 2 at 0, 1/4, 1/2, 3/4 of half a turn.
  const double root = std::sqrt(0.5);
  const std::vector<double> expected{2, 4, 6, 8, 2 + 3 * (1 + root), 5, 2 + 3 * (1 - root), 2, 2};
  for (size_t i = 0; i < expected.size(); ++i)
    CHECK(schedule(static_cast<int64_t>(i)) == doctest::Approx(expected[i]).epsilon(1e-14));
  CHECK(schedule(1'000'000) == 2);
}

TEST_CASE("schedule: without warm-up and with min_lr = lr the rate is constant") {
  const Schedule schedule({.lr = 1e-3, .min_lr = 1e-3});
  for (const int64_t step : {0, 1, 1000, 1'000'000}) CHECK(schedule(step) == 1e-3);
}

TEST_CASE("schedule: the rate never rises after the warm-up and is continuous there") {
  const Schedule schedule({.lr = 1, .min_lr = 0.1, .warmup = 10, .steps = 100});
  CHECK(schedule(10) == 1);
  for (int64_t step = 0; step < 10; ++step) CHECK(schedule(step) < schedule(step + 1));
  for (int64_t step = 10; step < 110; ++step) CHECK(schedule(step) >= schedule(step + 1));
}

TEST_CASE("schedule: a warm-up longer than the run rises until the end") {
  const Schedule schedule({.lr = 1, .min_lr = 1, .warmup = INT64_MAX});
  CHECK(schedule(0) == 0x1p-63);
  CHECK(schedule(3) == 0x1p-61);
}

TEST_CASE("schedule: errors name options out of range") {
  const auto error = [](const ScheduleOptions& options) { return error_of([&] { (void)Schedule(options); }); };
  CHECK(error({.lr = -1, .steps = 1}) == "schedule: lr is -1, but at least 0 is needed");
  CHECK(error({.lr = 1, .min_lr = 2, .steps = 1}) == "schedule: min_lr is 2, but 0 to lr (1) is needed");
  CHECK(error({.lr = 1, .warmup = -1, .steps = 1}) == "schedule: warmup is -1, but at least 0 is needed");
  CHECK(error({.lr = 1, .warmup = 5, .steps = 5}) == "schedule: steps is 5, but more than warmup (5) are needed");
}
