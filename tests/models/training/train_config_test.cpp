#include "../../../models/training/train_config.h"

#include "../../testing.h"

using namespace scangrad;

TEST_CASE("train_config: an option out of its range is named, those of the optimizer and the schedule too") {
  const auto with = [](auto change) {
    TrainConfig config;
    change(config);
    return error_of([&] { check_options(config); });
  };
  CHECK(with([](TrainConfig&) {}) == "(no error)");
  CHECK(with([](TrainConfig& c) { c.steps = 0; }) == "train: steps is 0, but at least 1 is needed");
  CHECK(with([](TrainConfig& c) { c.accumulate = 0; }) == "train: accumulate is 0, but at least 1 is needed");
  CHECK(with([](TrainConfig& c) { c.log_every = 0; }) == "train: log_every is 0, but at least 1 is needed");
  CHECK(with([](TrainConfig& c) { c.beta1 = 1; }).rfind("adamw: beta1 is 1, ", 0) == 0);
  CHECK(
      with([](TrainConfig& c) { c.precision = Precision::kBf16; }) ==
      (kDouble ? "train: precision is bf16, but the library in double has one precision; leave it out" : "(no error)"));
  CHECK(with([](TrainConfig& c) { c.warmup = -1; }).rfind("schedule: warmup is -1, ", 0) == 0);
}

TEST_CASE("train_config: the optimizer and the schedule get what the options say") {
  const TrainConfig config{.steps = 7,
                           .lr = 0.5,
                           .min_lr = 0.25,
                           .warmup = 3,
                           .weight_decay = 0.125,
                           .beta1 = 0.6,
                           .beta2 = 0.7,
                           .policy = DecayPolicy::kStandard,
                           .clip = 2};
  const AdamWOptions adam = adam_options(config);
  CHECK((adam.lr == 0.5 && adam.beta1 == 0.6 && adam.beta2 == 0.7 && adam.weight_decay == 0.125 && adam.clip == 2));
  CHECK(adam.policy == DecayPolicy::kStandard);
  const ScheduleOptions schedule = schedule_options(config);
  CHECK((schedule.lr == 0.5 && schedule.min_lr == 0.25 && schedule.warmup == 3 && schedule.steps == 7));
}
