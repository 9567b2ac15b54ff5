#include "../../../../models/training/loop/resume.h"

#include "../../../../nn/linear.h"
#include "../../../temporary_folder.h"
#include "../../../testing.h"

using namespace scangrad;

namespace {

// A run of five steps, saved with data 1 and validation 2.
struct SavedRun {
  SavedRun() : linear(params / "linear", 2, 1), adam(params, {}) {
    save_checkpoint(folder.file("train.safetensors"), params, adam,
                    {.step = 5, .best_step = 3, .data_fingerprint = 1, .validation_fingerprint = 2});
  }
  LoopState resume(int64_t steps, uint64_t data, uint64_t validation, bool other_data = false) {
    task.data_fingerprint = data;
    task.validation_fingerprint = validation;
    return resume_run({folder.path, steps, other_data}, params, adam, task);
  }
  TemporaryFolder folder;
  Params params{1};
  Linear linear;
  AdamW adam;
  Task task;
};

}  // namespace

TEST_CASE("resume: a fingerprint that was recorded and differs is a change") {
  Task task;
  task.data_fingerprint = 1;
  task.validation_fingerprint = 2;
  const auto changes = [&](uint64_t data, uint64_t validation) {
    const Changes found = changes_since({.data_fingerprint = data, .validation_fingerprint = validation}, task);
    return std::pair(found.data, found.validation);
  };
  CHECK(changes(0, 0) == std::pair(false, false));
  CHECK(changes(1, 2) == std::pair(false, false));
  CHECK(changes(3, 2) == std::pair(true, false));
  CHECK(changes(1, 3) == std::pair(false, true));
}

TEST_CASE("resume: a run is done after its steps, or with the accuracy to stop at") {
  const TrainConfig config{.steps = 30, .stop_at = 0.5};
  CHECK(is_done(config, {.step = 30}));
  CHECK(!is_done(config, {.step = 20, .best_step = 10, .best_accuracy = 0.4}));
  CHECK(is_done(config, {.step = 20, .best_step = 10, .best_accuracy = 0.5}));
  CHECK(!is_done({.steps = 30}, {.step = 20, .best_step = 10, .best_accuracy = 1}));
}

TEST_CASE("resume: the best score stays unless data or validation changed and there are steps left") {
  SavedRun saved;
  CHECK(saved.resume(9, 1, 2).step == 5);
  CHECK(saved.resume(9, 1, 2).best_step == 3);
  CHECK(saved.resume(9, 1, 7).best_step == 0);
  CHECK(saved.resume(5, 1, 7).best_step == 3);
  CHECK(saved.resume(9, 7, 2, true).best_step == 0);
}

TEST_CASE("resume: other data is an error unless it is intended, and always in a run that has ended") {
  SavedRun saved;
  const std::string changed =
      "train: the data has changed since the run in " + std::string(saved.folder.path) + " was saved; ";
  CHECK(error_of([&] { saved.resume(9, 7, 2); }) == changed + "resume with --data to use the data as it is now");
  CHECK(error_of([&] { saved.resume(5, 7, 2, true); }) ==
        changed + "the run has ended, so resume with more --steps and --data to use the data as it is now");
  CHECK(error_of([&] { saved.resume(4, 1, 2); }) == "train: steps is 4, but the run has done 5 already");
}

TEST_CASE("resume: a step is repeated with its own data only; its validation does not matter") {
  SavedRun saved;
  const std::string file = saved.folder.file("train.safetensors");
  saved.task.data_fingerprint = 1;
  saved.task.validation_fingerprint = 7;
  CHECK(load_to_repeat(file, saved.params, saved.adam, saved.task).step == 5);
  saved.task.data_fingerprint = 7;
  CHECK(error_of([&] { load_to_repeat(file, saved.params, saved.adam, saved.task); }) ==
        "train: the data has changed since " + file + " was written, so the step cannot be repeated");
}
