#include "train_config.h"

#include "../../core/check.h"

namespace scangrad::SCANGRAD_PRECISION {

AdamWOptions adam_options(const TrainConfig& config) {
  return {.lr = config.lr,
          .beta1 = config.beta1,
          .beta2 = config.beta2,
          .weight_decay = config.weight_decay,
          .policy = config.policy,
          .clip = config.clip};
}

ScheduleOptions schedule_options(const TrainConfig& config) {
  return {.lr = config.lr, .min_lr = config.min_lr, .warmup = config.warmup, .steps = config.steps};
}

void check_options(const TrainConfig& config) {
  check(config.steps >= 1, "train: steps is {}, but at least 1 is needed", config.steps);
  check(config.accumulate >= 1, "train: accumulate is {}, but at least 1 is needed", config.accumulate);
  check(config.seed >= 0, "train: seed is {}, but at least 0 is needed", config.seed);
  check(config.log_every >= 1, "train: log_every is {}, but at least 1 is needed", config.log_every);
  check(config.eval_every >= 0, "train: eval_every is {}, but at least 0 is needed", config.eval_every);
  check(config.skip_spikes >= 0, "train: skip_spikes is {}, but at least 0 is needed", config.skip_spikes);
  check(config.save_every >= 0, "train: save_every is {}, but at least 0 is needed", config.save_every);
  check(!kDouble || config.precision == Precision::kFloat,
        "train: precision is bf16, but the library in double has one precision; leave it out");
  const AdamW adam(Params(0), adam_options(config));  // these two check their own options
  const Schedule schedule(schedule_options(config));
}

}  // namespace scangrad::SCANGRAD_PRECISION
