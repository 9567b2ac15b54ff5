#include "../../../../models/training/loop/run_log.h"

#include <memory>

#include "../../../../ops/activations.h"
#include "../../../../ops/arithmetic.h"
#include "../../../temporary_folder.h"
#include "../../../testing.h"

using namespace scangrad;

namespace {

const TrainConfig kConfig{.steps = 20, .skip_spikes = 6};
constexpr StepResult kFirst{.loss = 1, .accuracy = 0.5, .norm = 4, .is_applied = true};
constexpr StepResult kSecond{.loss = 2, .accuracy = 1, .norm = 6, .is_applied = true};

// What a log prints on its progress.
template <class F>
std::string printed(F f) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
  f(file.get());
  std::rewind(file.get());
  std::string text;
  for (int c = std::fgetc(file.get()); c != EOF; c = std::fgetc(file.get())) text += static_cast<char>(c);
  return text;
}

}  // namespace

TEST_CASE("run_log: a line of the metrics has the means since the last line, without skipped steps") {
  const TemporaryFolder folder;
  Task task;
  task.tokens_per_step = 1000;
  const TrainOutput output{.folder = folder.path};
  LoopState loop{.step = 1, .seconds = 100};
  RunLog log(kConfig, task, output, loop);
  log.add_step(loop, kFirst);
  loop.step = 2;
  log.add_step(loop, kSecond);
  loop.step = 3;
  loop.spikes.skipped = 1;
  log.add_skipped(loop, {.loss = 1e9, .norm = 1e9});
  MetricsRow row = log.line(loop, 0.125);
  log.add_validation(row, {.loss = 3, .accuracy = 0.75});
  log.write(loop, row);
  log.write(loop, log.line(loop, 0.25));
  log.sync();
  const std::vector<MetricsRow> rows = read_metrics(folder.path);
  REQUIRE(rows.size() == 2);
  CHECK((rows[0].step == 3 && rows[0].loss == 1.5 && rows[0].accuracy == 0.75 && rows[0].grad_norm == 5));
  CHECK((rows[0].val_loss == 3 && rows[0].val_accuracy == 0.75 && rows[0].lr == 0.125 && rows[0].skipped == 1));
  CHECK((rows[0].tokens_per_s > 0 && rows[0].seconds >= 100));
  CHECK((!rows[1].loss && !rows[1].accuracy && !rows[1].grad_norm && !rows[1].val_loss && rows[1].tokens_per_s == 0));
}

TEST_CASE("run_log: no accuracy without one in the task, no count of skipped steps without --skip-spikes") {
  Task task;
  task.has_accuracy = false;
  const TrainConfig config{.steps = 20};
  const TrainOutput output;
  LoopState loop{.step = 1};
  RunLog log(config, task, output, loop);
  log.add_step(loop, kFirst);
  MetricsRow row = log.line(loop, 1);
  log.add_validation(row, {.loss = 3, .accuracy = 0.75});
  CHECK((row.loss == 1 && !row.accuracy && row.val_loss == 3 && !row.val_accuracy && !row.skipped));
}

TEST_CASE("run_log: progress prints each step, skipped steps, and which validation is the best") {
  Task task;
  const auto lines = [&](bool by_loss) {
    return printed([&](std::FILE* file) {
      task.by_loss = by_loss;
      const TrainOutput output{.folder = {}, .progress = file};
      LoopState loop;
      RunLog log(kConfig, task, output, loop);
      loop.step = 20;
      log.add_skipped(loop, {.loss = 1e9, .norm = 2});
      log.say_validation(20, {.loss = 0.5, .accuracy = 0.25}, false);
      log.say_validation(20, {.loss = 0.5, .accuracy = 0.25}, true);
    });
  };
  const std::string start =
      "step 20 skipped: loss 1e+09, gradient norm 2\n"
      "step 20: validation loss 0.5000, accuracy 25.00 %\n"
      "step 20: validation loss 0.5000, accuracy 25.00 %";
  CHECK(lines(false) == start + "  (best accuracy so far)\n");
  CHECK(lines(true) == start + "  (lowest loss so far)\n");
  CHECK(printed([&](std::FILE* file) {
          const TrainOutput output{.folder = {}, .progress = file, .say_validations = false};
          RunLog(kConfig, task, output, {}).say_validation(20, {.loss = 0.5, .accuracy = 0.25}, true);
        }) == "");
}

TEST_CASE("run_log: the profile counts the ops of training, and those of a validation as one") {
  const std::string table = printed([&](std::FILE* file) {
    const Task task;
    const TrainOutput output{.folder = {}, .progress = file, .profile = true};
    LoopState loop;
    RunLog log(kConfig, task, output, loop);
    scale(Tensor({2}, {1, 2}), 3);
    const Evaluation now = log.without_profile([] {
      exp(Tensor({2}, {1, 2}));
      return Evaluation{.loss = 7};
    });
    CHECK(now.loss == 7);
    log.say_validation(1, now, true);
    log.end(1);
  });
  CHECK(table.find("\nscale ") != std::string::npos);
  CHECK(table.find("\nvalidation ") != std::string::npos);
  CHECK(table.find("\nexp ") == std::string::npos);
}
