#include "../../../models/training/trial.h"

#include <chrono>
#include <limits>
#include <thread>

#include "../../../nn/linear.h"
#include "../../../ops/arithmetic.h"
#include "../../../ops/reduce.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

// A network of one layer whose steps sleep; the first one `first` milliseconds.
struct Net {
  explicit Net(int first = 0, int other = 0) : linear(params / "linear", 2, 1) {
    task.loss = [this, first, other](int64_t step, int64_t, Rng&) {
      steps.push_back(step);
      std::this_thread::sleep_for(std::chrono::milliseconds(step == 0 ? first : other));
      return TaskLoss{scale(mean(linear(Tensor({1, 2}, {1, 2}))), factor), 0};
    };
  }
  Params params{1};
  Linear linear;
  Task task;
  real factor = 1;
  std::vector<int64_t> steps;
};

}  // namespace

TEST_CASE("trial: the first step is not counted") {
  Net net(100, 5);
  const double seconds = seconds_of_step({.steps = 1000}, net.params, net.task);
  CHECK((seconds >= 0.005 && net.steps.size() > 2 && net.steps.front() == 0 && net.steps.back() > 1));
}

TEST_CASE("trial: it takes one step where steps are long, and never more than the run has") {
  Net slow(500, 1), short_run;
  CHECK(seconds_of_step({.steps = 1000}, slow.params, slow.task) >= 0.5);
  CHECK(slow.steps.size() == 1);
  for (const int64_t steps : {1, 2, 3}) {
    short_run.steps.clear();
    CHECK(seconds_of_step({.steps = steps}, short_run.params, short_run.task) >= 0);
    CHECK(short_run.steps.size() == static_cast<size_t>(steps));
  }
}

TEST_CASE("trial: a step that fails is an error") {
  Net net;
  net.factor = std::numeric_limits<real>::infinity();
  CHECK(error_of([&] { seconds_of_step({.steps = 5}, net.params, net.task); }).find("train: step 1") == 0);
}
