#include "../../../../models/tasks/copy/copy_task.h"

#include "../../../testing.h"

using namespace scangrad;

namespace {

struct Fixture {
  Fixture()
      : params(1),
        data({.length = 6, .tokens = 2, .vocab = 5}),
        model(params, {.vocab = 5, .stack = {.layers = 1, .dim = 4}}) {}
  Params params;
  SelectiveCopying data;
  LanguageModel model;
};

}  // namespace

TEST_CASE("copy_task: evaluation does not depend on how examples are batched") {
  const Fixture f;
  const Evaluation all = evaluate_copying(f.model, f.data, kTestSeed, 30, 30);
  const Evaluation some = evaluate_copying(f.model, f.data, kTestSeed, 30, 9);
  CHECK(some.loss == doctest::Approx(all.loss).epsilon(1e-5));
  CHECK(some.accuracy == doctest::Approx(all.accuracy));
  CHECK(evaluate_copying(f.model, f.data, kValidationSeed, 30, 30).loss != all.loss);
}

TEST_CASE("copy_task: a loss is a pure function of step and part") {
  const Fixture f;
  const Task task = copy_task(f.model, f.data, 42, 8, 2, 10);
  Rng rng(1);
  const real once = task.loss(3, 1, rng).loss.item();
  CHECK(task.loss(3, 1, rng).loss.item() == once);
  CHECK(task.loss(3, 0, rng).loss.item() != once);
  CHECK(task.tokens_per_step == 8 * 8);
  CHECK(task.validate().loss == evaluate_copying(f.model, f.data, kValidationSeed, 10, 4).loss);
}

TEST_CASE("copy_task: sizes that make a result meaningless are refused") {
  const Fixture f;
  CHECK(error_of([&] { copy_task(f.model, f.data, 1, 8, 1, 10); }) ==
        "copy_task: seed is 1, but 0 and 1 are those of the validation and test sets");
  CHECK(error_of([&] { copy_task(f.model, f.data, 42, 8, 3, 10); }) ==
        "copy_task: batch is 8, but 1 to 4194304 and a multiple of accumulate (3) is needed");
  CHECK(error_of([&] { evaluate_copying(f.model, f.data, 1, 0, 10); }) ==
        "copy_task: 0 examples in batches of 10, but at least 1 of each is needed");
}
