#include "../../../../models/training/loop/learner.h"

#include <limits>

#include "../../../../nn/linear.h"
#include "../../../../ops/arithmetic.h"
#include "../../../../ops/reduce.h"
#include "../../../same_bits.h"
#include "../../../testing.h"

using namespace scangrad;

namespace {

// The mean of a line of numbers through one layer, times `factor`; each loss draws one word of dropout.
struct Net {
  Net() : linear(params / "linear", 2, 1) {
    task.loss = [this](int64_t step, int64_t part, Rng& rng) {
      drawn.push_back(rng.word());
      steps.push_back(step);
      const Tensor x({2, 2}, {1, 2, 3, real(part)});
      return TaskLoss{scale(mean(linear(x)), factor), 0.25 * static_cast<double>(part)};
    };
  }
  Params params{1};
  Linear linear;
  Task task;
  real factor = 1;
  std::vector<uint32_t> drawn;
  std::vector<int64_t> steps;
};

const TrainConfig kConfig{.steps = 10, .lr = 1e-2, .min_lr = 1e-3, .warmup = 2, .clip = 0.5};

}  // namespace

TEST_CASE("learner: a step is loss, backward, the schedule's rate and AdamW, with the mean over the parts") {
  Net net, plain;
  TrainConfig config = kConfig;
  config.accumulate = 2;
  Learner learner(config, net.params, net.task);
  AdamW adam(plain.params, adam_options(config));
  LoopState loop;
  for (loop.step = 0; loop.step < 5; ++loop.step) {
    const StepResult step = learner.step(loop);
    Rng rng(1);
    double loss = 0;
    for (const int64_t part : {0, 1}) {
      const Tensor each = plain.task.loss(loop.step, part, rng).loss;
      loss += static_cast<double>(each.item()) / 2;
      scale(each, real(0.5)).backward();
    }
    adam.set_lr(Schedule(schedule_options(config))(loop.step));
    const double norm = adam.step();
    CHECK((step.loss == loss && step.norm == norm && step.accuracy == 0.125 && step.parts == 2 && step.is_applied));
    CHECK(same_bits(net.params.values(), plain.params.values()));
    CHECK(learner.adam().lr() == adam.lr());
  }
  CHECK(net.steps == std::vector<int64_t>{0, 0, 1, 1, 2, 2, 3, 3, 4, 4});
}

TEST_CASE("learner: losses and gradients have the precision of the configuration, and nothing after them") {
  Net net;
  TrainConfig config = kConfig;
  config.precision = Precision::kBf16;
  std::vector<Precision> seen;
  const auto loss = net.task.loss;
  net.task.loss = [&](int64_t step, int64_t part, Rng& rng) {
    seen.push_back(precision());
    return loss(step, part, rng);
  };
  LoopState loop;
  Learner(config, net.params, net.task).step(loop);
  CHECK(seen == std::vector<Precision>{kDouble ? Precision::kFloat : Precision::kBf16});
  CHECK(precision() == Precision::kFloat);
}

TEST_CASE("learner: each step continues with the next random numbers of dropout, from any start") {
  Net whole, rest;
  LoopState loop;
  Learner learner(kConfig, whole.params, whole.task);
  learner.step(loop);
  CHECK(loop.random == 1);
  LoopState resumed = loop;
  learner.step(loop);
  Learner(kConfig, rest.params, rest.task).step(resumed);
  CHECK(whole.drawn[0] != whole.drawn[1]);
  CHECK(rest.drawn[0] == whole.drawn[1]);
}

TEST_CASE("learner: a loss that is not finite is an error, or a spike that changes nothing but the history") {
  Net net;
  net.factor = std::numeric_limits<real>::infinity();
  const Tensor before = net.params.values().clone();
  LoopState loop{.step = 4};
  CHECK(error_of([&] { Learner(kConfig, net.params, net.task).step(loop); }).rfind("train: step 5: loss is ", 0) == 0);
  CHECK(net.drawn[0] == net.drawn[1]);  // the repetition draws the same dropout
  net.params.zero_grad();
  TrainConfig config = kConfig;
  config.skip_spikes = 6;
  Learner guarded(config, net.params, net.task);
  CHECK(!guarded.step(loop).is_applied);
  CHECK((loop.spikes.skipped == 1 && loop.random == 1 && guarded.adam().steps() == 0));
  CHECK(same_bits(net.params.values(), before));
}

TEST_CASE("learner: a watched step ends at the first number that is not finite, before the update") {
  Net net;
  net.factor = std::numeric_limits<real>::infinity();
  const Tensor before = net.params.values().clone();
  LoopState loop;
  NanWatch watch;
  const StepResult step = Learner(kConfig, net.params, net.task).step(loop, &watch);
  REQUIRE(watch.found());
  CHECK(watch.found()->op == "scale");
  CHECK((step.parts == 0 && !step.is_applied));
  CHECK(same_bits(net.params.values(), before));
}
