// Training that is interrupted: what is saved, and that a resumed run has the same bits as one that was not
// interrupted.
#include <csignal>
#include <filesystem>
#include <memory>

#include "../../../core/files/safetensors.h"
#include "../../../models/training/metrics.h"
#include "../../../models/training/train.h"
#include "../../same_bits.h"
#include "../../temporary_folder.h"
#include "foreground.h"
#include "tiny_task.h"

using namespace scangrad;

TEST_CASE("train: a run that was interrupted and resumed leaves the bits of one that was not") {
  const Foreground foreground;
  TrainConfig config = kTiny;
  config.steps = 50;
  config.eval_every = 20;
  config.log_every = 10;
  config.warmup = 5;
  const TemporaryFolder whole_folder, folder;
  const Tiny whole(kWithState);
  train(config, whole.params, whole.task(), {.folder = whole_folder.path});
  for (const int64_t stop : {int64_t(7), int64_t(20), int64_t(33), config.steps + 1}) {  // step at which a signal comes
    const Tiny part(kWithState);
    Task task = part.task();
    task.loss = [loss = task.loss, stop](int64_t step, int64_t accumulated, Rng& rng) {
      if (step + 1 == stop) std::raise(SIGTERM);
      return loss(step, accumulated, rng);
    };
    const TrainResult result = train(config, part.params, task, {.folder = folder.path, .resume = stop > 7});
    CHECK(result.interrupted == (stop <= config.steps));
    CHECK(result.steps == std::min(stop, config.steps));
    if (!result.interrupted) CHECK(same_bits(part.params.values(), whole.params.values()));
  }
  CHECK(same_state(whole_folder.file("train.safetensors"), folder.file("train.safetensors")));
  const std::vector<MetricsRow> left = read_metrics(whole_folder.path), right = read_metrics(folder.path);
  REQUIRE(left.size() == 5);
  REQUIRE(right.size() == 5);
  for (size_t i = 0; i < left.size(); ++i) {  // all but time and memory
    CHECK(left[i].step == right[i].step);
    for (const auto member : {&MetricsRow::loss, &MetricsRow::accuracy, &MetricsRow::val_loss,
                              &MetricsRow::val_accuracy, &MetricsRow::grad_norm, &MetricsRow::lr})
      CHECK(left[i].*member == right[i].*member);
    if (i > 0) CHECK(right[i].seconds > right[i - 1].seconds);
  }
}

TEST_CASE("train: the state to resume from is saved before the first step, with each validation and at the end") {
  const TemporaryFolder folder;
  const Tiny tiny;
  Task task = tiny.task();
  std::vector<int64_t> saved;
  task.save = [&](SafetensorsWriter&) { saved.push_back(-1); };
  task.loss = [&, loss = task.loss](int64_t step, int64_t part, Rng& rng) {
    for (int64_t& each : saved)
      if (each < 0) each = step;
    return loss(step, part, rng);
  };
  TrainConfig config = kTiny;
  config.steps = 25;
  config.eval_every = 10;
  const auto started = [&](const TrainStart& start) {
    CHECK((start.step == 0 && !start.is_done && !start.other_data && saved.size() == 1));
  };
  train(config, tiny.params, task, {.folder = folder.path, .started = started});
  CHECK(saved == std::vector<int64_t>{0, 10, 20, -1});
}

TEST_CASE("train: started() is told after which step a run is resumed, and whether it has ended") {
  const TemporaryFolder folder;
  const Tiny tiny;
  TrainConfig config = kTiny;
  std::vector<std::pair<int64_t, bool>> said;
  const auto started = [&](const TrainStart& start) { said.emplace_back(start.step, start.is_done); };
  for (const int64_t steps : {3, 5, 5}) {
    config.steps = steps;
    train(config, tiny.params, tiny.task(), {.folder = folder.path, .resume = steps > 3, .started = started});
  }
  CHECK(said == std::vector<std::pair<int64_t, bool>>{{0, false}, {3, false}, {5, true}});
}

TEST_CASE("train: changed data is an error unless it is intended and there are steps left") {
  const TemporaryFolder folder;
  const std::string file = folder.file("train.safetensors");
  const Tiny tiny;
  Task task = tiny.task();
  TrainConfig config = kTiny;
  bool noticed = false;
  const auto started = [&](const TrainStart& start) { noticed = start.other_data; };
  const auto resumed = [&](uint64_t data, bool is_meant) {
    task.data_fingerprint = data;
    return error_of([&] {
      train(config, tiny.params, task,
            {.folder = folder.path, .resume = true, .other_data = is_meant, .started = started});
    });
  };
  const std::string changed =
      "train: the data has changed since the run in " + std::string(folder.path) + " was saved; ";
  config.steps = 1;
  train(config, tiny.params, task, {.folder = folder.path});
  config.steps = 2;
  CHECK(resumed(1, false) == "(no error)");  // none was recorded before
  CHECK(!noticed);
  config.steps = 3;
  CHECK(resumed(1, false) == "(no error)");
  config.steps = 4;
  CHECK(resumed(2, false) == changed + "resume with --data to use the data as it is now");
  CHECK(resumed(0, false) == changed + "resume with --data to use the data as it is now");
  CHECK(resumed(2, true) == "(no error)");
  CHECK(noticed);
  CHECK(resumed(2, false) == "(no error)");
  CHECK(!noticed);
  CHECK(resumed(1, true) ==
        changed +
            "the run has ended, so resume with more --steps and --data to use the data as it is now");  // it has ended

  task.data_fingerprint = 2;
  CHECK(replay(config, tiny.params, task, file).step == 5);
  task.data_fingerprint = 3;
  CHECK(error_of([&] { replay(config, tiny.params, task, file); }) ==
        "train: the data has changed since " + file + " was written, so the step cannot be repeated");
}

TEST_CASE("train: a best score on other data does not count, even if the run is killed at once") {
  const TemporaryFolder folder;
  const Tiny tiny;
  Task task = tiny.task();
  double accuracy = 0.9;
  task.validate = [&] { return Evaluation{.loss = 1, .accuracy = accuracy}; };
  TrainConfig config = kTiny;
  config.steps = 10;
  task.data_fingerprint = 1;
  CHECK(train(config, tiny.params, task, {.folder = folder.path}).best_step == 10);
  config.steps = 20;
  accuracy = 0.5;
  task.data_fingerprint = 2;
  Task killed = task;
  killed.loss = [](int64_t, int64_t, Rng&) -> TaskLoss { throw Error("killed"); };
  CHECK(error_of([&] {
          train(config, tiny.params, killed, {.folder = folder.path, .resume = true, .other_data = true});
        }) == "killed");
  const TrainResult result = train(config, tiny.params, task, {.folder = folder.path, .resume = true});
  CHECK((result.best_step == 20 && result.best.accuracy == 0.5));
}

TEST_CASE("train: a best score of another validation does not count if there are steps left") {
  const TemporaryFolder folder;
  const Tiny tiny;
  Task task = tiny.task();
  CHECK(task.validation_fingerprint != copy_task(tiny.model, tiny.data, 42, 32, 1, 127).validation_fingerprint);
  double accuracy = 0.9;
  task.validate = [&] { return Evaluation{.loss = 1, .accuracy = accuracy}; };
  TrainConfig config = kTiny;
  bool noticed = false;
  const auto started = [&](const TrainStart& start) { noticed = start.other_validation; };
  const auto best_step = [&](int64_t steps, uint64_t validation) {
    config.steps = steps;
    task.validation_fingerprint = validation;
    return train(config, tiny.params, task, {.folder = folder.path, .resume = steps > 10, .started = started})
        .best_step;
  };
  CHECK(best_step(10, 1) == 10);
  accuracy = 0.5;
  CHECK(best_step(12, 1) == 10);
  CHECK(!noticed);
  CHECK(best_step(12, 2) == 10);
  CHECK(noticed);
  CHECK(best_step(14, 3) == 14);
  CHECK(noticed);
}

TEST_CASE("train: a closed terminal or output ends a run as Ctrl-C does, unless SIGHUP is ignored") {
  const Foreground foreground;
  const TemporaryFolder folder;
  for (const int signal : {SIGHUP, SIGPIPE}) {
    const Tiny tiny;
    Task task = tiny.task();
    task.loss = [loss = task.loss, signal](int64_t step, int64_t part, Rng& rng) {
      if (step == 3) std::raise(signal);
      if (step == 3) std::raise(signal);
      return loss(step, part, rng);
    };
    TrainConfig config = kTiny;
    config.steps = 6;
    CHECK(train(config, tiny.params, task, {.folder = folder.path}).steps == 4);
    auto* const handler = std::signal(SIGHUP, SIG_IGN);
    CHECK(train(config, tiny.params, task).steps == (signal == SIGHUP ? 6 : 4));
    std::signal(SIGHUP, handler);
  }
}

TEST_CASE("train: if the best weights are removed or damaged, the next validated are the best") {
  const TemporaryFolder folder;
  const std::string path = folder.file("model.safetensors");
  const Tiny tiny;
  Task task = tiny.task();
  int64_t evaluations = 0;
  task.validate = [&] {
    return Evaluation{.loss = 1, .accuracy = 1 / double(++evaluations)};
  };  // the first is the best
  task.loss = [&, loss = task.loss](int64_t step, int64_t part, Rng& rng) {
    if (step == 13) std::filesystem::remove(path);
    if (step == 23) std::filesystem::resize_file(path, 100);
    return loss(step, part, rng);
  };
  TrainConfig config = kTiny;
  config.steps = 30;
  config.eval_every = 10;
  CHECK(train(config, tiny.params, task, {.folder = folder.path}).best_step == 30);
  std::filesystem::resize_file(path, 100);
  config.steps = 35;
  config.eval_every = 100;
  CHECK(train(config, tiny.params, task, {.folder = folder.path, .resume = true}).best_step == 35);
  std::filesystem::remove(path);  // with nothing left to do
  CHECK(train(config, tiny.params, task, {.folder = folder.path, .resume = true}).best_step == 35);
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("train: best weights of steps after the last save are not trusted if the resumed run differs") {
  const TemporaryFolder folder;
  const Tiny first, second;
  TrainConfig config = kTiny;
  config.steps = 100;
  config.eval_every = 10;
  config.save_every = 50;
  const auto step_of_weights = [&] { return SafetensorsFile(folder.file("model.safetensors")).metadata().at("step"); };
  Task task = first.task();
  int64_t now = 0;
  task.loss = [&, loss = task.loss](int64_t step, int64_t part, Rng& rng) {
    now = step + 1;
    if (now == 95) throw Error("killed");
    return loss(step, part, rng);
  };
  task.validate = [&] { return Evaluation{.loss = 1, .accuracy = static_cast<double>(now) / 100}; };
  CHECK(error_of([&] { train(config, first.params, task, {.folder = folder.path}); }) == "killed");
  CHECK(step_of_weights() == "90");

  task = second.task();
  task.validate = [accuracy = 0.5]() mutable { return Evaluation{.loss = 1, .accuracy = accuracy -= 0.01}; };
  CHECK(train(config, second.params, task, {.folder = folder.path, .resume = true}).best_step == 60);
  CHECK(step_of_weights() == "60");
}

TEST_CASE("train: a full disk ends a run with one line, and the run resumed from its last save has the same bits") {
  TrainConfig config = kTiny;
  config.steps = 30;
  config.eval_every = 10;
  config.log_every = 5;
  const TemporaryFolder whole_folder;
  const Tiny whole;
  train(config, whole.params, whole.task(), {.folder = whole_folder.path});
  const auto grown = std::filesystem::file_size(whole_folder.file("train.safetensors"));
  for (const uint64_t limit : {uint64_t(100), grown - 1}) {  // too little for the metrics; for a state
    const TemporaryFolder folder;
    const Tiny first, second;
    Task task = first.task();
    std::unique_ptr<FullDisk> full;
    task.loss = [&, loss = task.loss](int64_t step, int64_t part, Rng& rng) {
      if (step == 12) full = std::make_unique<FullDisk>(limit);
      return loss(step, part, rng);
    };
    const std::string error = error_of([&] { train(config, first.params, task, {.folder = folder.path}); });
    full.reset();
    CHECK(error == (limit == 100 ? "metrics: " + folder.file("metrics.csv") + " cannot be written any more"
                                 : "atomic_file: cannot write " + folder.file("train.safetensors")) +
                       (limit == 100 ? ": File too large" : " (File too large)"));
    CHECK(train(config, second.params, second.task(), {.folder = folder.path, .resume = true}).steps == 30);
    CHECK(same_bits(second.params.values(), whole.params.values()));
    const std::vector<MetricsRow> left = read_metrics(whole_folder.path), right = read_metrics(folder.path);
    REQUIRE(left.size() == right.size());
    for (size_t i = 0; i < left.size(); ++i) CHECK((left[i].step == right[i].step && left[i].loss == right[i].loss));
  }
}
