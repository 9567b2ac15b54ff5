#include "../../../../models/tasks/sequences/sequence_task.h"

#include <cstring>

#include "../../../temporary_folder.h"
#include "../../../testing.h"

using namespace scangrad;

namespace {

// Sequences of noise, in which the sign of the first step is what has to be remembered.
struct Fixture {
  static constexpr int64_t kCount = 200, kSteps = 6;
  TemporaryFolder folder;
  std::string x = folder.file("x.npy"), y = folder.file("y.npy"), n = folder.file("n.npy");

  Fixture(Head head, bool is_real) {
    Rng rng(5);
    std::vector<double> inputs, reals;
    std::vector<int64_t> classes, lengths;
    for (int64_t i = 0; i < kCount; ++i) {
      const double first = 2 * static_cast<double>(rng.uniform()) - 1;
      for (int64_t t = 0; t < kSteps; ++t) {
        inputs.push_back(t == 0 ? first : 0.1 * static_cast<double>(rng.normal()));
        inputs.push_back(t == 0);
      }
      classes.push_back(first > 0);
      reals.push_back(100 + 10 * first);
      lengths.push_back(2 + rng.below(kSteps - 1));
    }
    save_npy(x, {kCount, kSteps, 2}, inputs);
    if (is_real)
      save_npy(y, {kCount}, reals);
    else
      save_integers(y, classes);
    save_integers(n, lengths);
    files = {x, y, n, head};
  }
  static void save_integers(const std::string& path, const std::vector<int64_t>& numbers) {
    save_npy(path, {std::ssize(numbers)}, std::vector<double>(numbers.size()));
    std::string content = read_file(path);
    content.replace(content.find("<f8"), 3, "<i8");
    std::memcpy(content.data() + content.size() - numbers.size() * 8, numbers.data(), numbers.size() * 8);
    write_file(path, content);
  }
  SequenceFiles files;
};

SeriesModelConfig model_config(const SequenceData& data, Head head) {
  return {.inputs = data.width(),
          .outputs = data.outputs(),
          .head = head,
          .stack = {.layers = 1, .dim = 8, .expansion = 2}};
}

}  // namespace

TEST_CASE("sequence_task: every head learns to classify by the first steps") {
  for (const Head head : {Head::kLast, Head::kMean, Head::kStep}) {
    const Fixture f(head, false);
    const SequenceData data = SequenceData::open(f.files, {.validation = 0.2, .test = 0.2});
    const Params params(1);
    const SeriesModel model(params, model_config(data, head));
    const Task task = sequence_task(model, data, 42, 16, 1);
    CHECK(task.data_fingerprint == data.fingerprint());
    train({.steps = 150, .lr = 2e-2, .min_lr = 1e-3, .eval_every = 50, .log_every = 50}, params, task);
    const SequenceEvaluation result = evaluate_sequences(model, data, data.test(), 7);
    CHECK(result.sequences == 40);
    CHECK(result.network.accuracy > 0.9);
    CHECK(result.guess_accuracy < 0.75);
  }
}

TEST_CASE("sequence_task: every head learns a real label, in its units") {
  for (const Head head : {Head::kLast, Head::kMean, Head::kStep}) {
    const Fixture f(head, true);
    const SequenceData data = SequenceData::open(f.files, {.validation = 0.2, .test = 0.2});
    const Params params(1);
    const SeriesModel model(params, model_config(data, head));
    const Task task = sequence_task(model, data, 42, 16, 1);
    CHECK(!task.has_accuracy);
    train({.steps = 150, .lr = 2e-2, .min_lr = 1e-3, .eval_every = 50, .log_every = 50}, params, task);
    const SequenceEvaluation result = evaluate_sequences(model, data, data.test(), 7);
    CHECK(result.errors.squared[0] < 0.1 * result.guess.squared[0]);
    CHECK(result.guess.squared[0] > 10);  // a third of 10 squared, about
    CHECK(result.errors.standardised(data.scaling().labels) == doctest::Approx(result.network.loss).epsilon(1e-4));
  }
}

TEST_CASE("sequence_task: an evaluation counts every label once for any batch size") {
  for (const Head head : {Head::kLast, Head::kStep}) {
    const Fixture f(head, false);
    const SequenceData data = SequenceData::open(f.files, {.validation = 0.2, .test = 0.2});
    const SeriesModel model(Params(1), model_config(data, head));
    const SequenceEvaluation all = evaluate_sequences(model, data, data.test(), 100),
                             one = evaluate_sequences(model, data, data.test(), 1);
    CHECK(one.network.loss == doctest::Approx(all.network.loss).epsilon(kDouble ? 1e-12 : 1e-5));
    CHECK(one.network.accuracy == doctest::Approx(all.network.accuracy));
    CHECK(one.guess_accuracy == doctest::Approx(all.guess_accuracy));
    double frequent = 0, count = 0, ones = 0, trained = 0;
    for (const int64_t sequence : data.training())
      for (const double label : data.labels(sequence)) ones += label, ++trained;
    for (const int64_t sequence : data.test())
      for (const double label : data.labels(sequence)) frequent += label == (ones > trained / 2), ++count;
    CHECK(all.guess_accuracy == doctest::Approx(frequent / count));
  }
}

TEST_CASE("sequence_task: a loss is a pure function of step and part") {
  const Fixture f(Head::kLast, false);
  const SequenceData data = SequenceData::open(f.files, {});
  const SeriesModel model(Params(1), model_config(data, Head::kLast));
  const Task task = sequence_task(model, data, 42, 8, 2);
  const auto loss = [&](int64_t step, int64_t part) {
    Rng rng(1);
    return task.loss(step, part, rng).loss.item();
  };
  CHECK(loss(3, 1) == loss(3, 1));
  CHECK(loss(3, 1) != loss(3, 0));
  CHECK(task.tokens_per_step == 8 * 6);
  CHECK(task.unit == std::string("time steps"));
}

TEST_CASE("sequence_task: errors name data that cannot be trained on or evaluated") {
  const Fixture f(Head::kLast, false);
  const SequenceData data = SequenceData::open(f.files, {.validation = 0, .test = 0});
  const SeriesModel model(Params(1), model_config(data, Head::kLast));
  CHECK(error_of([&] { sequence_task(model, data, 42, 8, 3); }) ==
        "sequences: batch is 8, but 1 to 4194304 and a multiple of accumulate (3) is needed");
  CHECK(error_of([&] { sequence_task(model, data, 42, 8, 1); }) ==
        "sequences: none of 200 is for validation, but at least one is needed");
  CHECK(error_of([&] { evaluate_sequences(model, data, {}, 8); }) ==
        "sequences: 0 of them in batches of 8, but at least 1 of each is needed");
}
