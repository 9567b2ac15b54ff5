// Training with numbers that are not finite, or with spikes: what the message says, what is saved, which steps are
// skipped.
#include <filesystem>
#include <limits>

#include "../../../core/files/safetensors.h"
#include "../../../models/networks/series_model.h"
#include "../../../models/training/metrics.h"
#include "../../../models/training/train.h"
#include "../../../ops/arithmetic.h"
#include "../../../ops/indexing/slice.h"
#include "../../../ops/losses/cross_entropy.h"
#include "../../../ops/losses/mean_squared_error.h"
#include "../../same_bits.h"
#include "../../temporary_folder.h"
#include "tiny_task.h"

using namespace scangrad;

TEST_CASE("train: a loss that is not finite names the step and where it comes from") {
  const std::string hint = "; --detect-nan stops at the first such number and leaves a file to repeat it";
  const Tiny tiny;
  Task poisoned = tiny.task();
  poisoned.loss = [loss = poisoned.loss, &tiny](int64_t step, int64_t part, Rng& rng) {
    if (step == 2) {
      Tensor gamma = tiny.params.find("blocks.1.norm.gamma").tensor;
      gamma.mutable_data()[3] = std::numeric_limits<real>::quiet_NaN();
    }
    return loss(step, part, rng);
  };
  CHECK(
      error_of([&] { train(kTiny, tiny.params, poisoned); }) ==
      "train: step 3: loss is nan: rms_norm of blocks.1.norm takes blocks.1.norm.gamma, which holds nan at element 3" +
          hint);

  const Tiny wide;
  Task overflowing = wide.task();
  overflowing.loss = [loss = overflowing.loss, &wide](int64_t step, int64_t part, Rng& rng) {
    if (step == 1) {
      Tensor weight = wide.params.find("blocks.0.mixer.to_hidden_and_gate.weight").tensor;
      for (int64_t i = 0; i < weight.numel(); ++i) weight.mutable_data()[i] = std::numeric_limits<real>::max();
    }
    return loss(step, part, rng);
  };
  const std::string found = error_of([&] { train(kTiny, wide.params, overflowing); });
  CHECK(found.rfind("train: step 2: loss is ", 0) == 0);
  CHECK(found.find(": affine of blocks.0.mixer.to_hidden_and_gate gives ") != std::string::npos);
  CHECK(found.find(" in all 32 rows of its result; ") != std::string::npos);

  const Tiny fickle;
  Task once = fickle.task();
  once.loss = [loss = once.loss, calls = 0](int64_t step, int64_t part, Rng& rng) mutable {
    TaskLoss result = loss(step, part, rng);
    if (++calls == 2) result.loss = scale(result.loss, INFINITY);
    return result;
  };
  CHECK(error_of([&] { train(kTiny, fickle.params, once); }) ==
        "train: step 2: loss is inf: but every number was finite when the step was repeated" + hint);
}

TEST_CASE("train: weights that an update made infinite are neither validated nor saved") {
  const TemporaryFolder folder;
  TrainConfig config = kTiny;
  config.lr = config.min_lr = static_cast<double>(std::numeric_limits<real>::max()) / 2;
  config.eval_every = config.save_every = 1;
  for (const bool watched : {false, true}) {
    const Tiny tiny;
    const std::string message =
        error_of([&] { train(config, tiny.params, tiny.task(), {.folder = folder.path, .detect_nan = watched}); });
    CHECK(message.rfind("train: step 1: adamw gives ", 0) == 0);
    CHECK(message.find(" of embedding.weight; ") != std::string::npos);
    CHECK(!std::filesystem::exists(folder.file("model.safetensors")));
    const Tiny saved;
    AdamW adam(saved.params, {});
    CHECK(load_checkpoint(folder.file("train.safetensors"), saved.params, adam).step == 0);
    CHECK(std::filesystem::exists(folder.file("replay.safetensors")) == watched);
  }
  const Tiny again;
  CHECK(
      replay(config, again.params, again.task(), folder.file("replay.safetensors")).finding.rfind("adamw gives ", 0) ==
      0);
}

// An op that returns its input, but has NaN in one row of its gradient.
Tensor poisoned_backward(const Tensor& x, int64_t row) {
  return record("poisoned", x.clone(), {x}, [row, width = x.shape().after(0)](const Tensor& dy, Sinks& into) {
    Tensor dx = dy.clone();
    std::fill_n(dx.mutable_data() + row * width, width, std::numeric_limits<real>::quiet_NaN());
    into.give(0, dx);
  });
}

// Selective copying with such an op after the head, in part `bad_part` of step `bad_step`.
Task poisoned_task(const Tiny& tiny, int64_t bad_step, int64_t accumulate = 1, int64_t bad_part = 0) {
  Task task = tiny.task(accumulate);
  task.loss = [&tiny, bad_step, accumulate, bad_part](int64_t step, int64_t part, Rng& rng) {
    const int64_t rows = 32 / accumulate;
    const CopyBatch batch = tiny.data.examples(42, (step * accumulate + part) * rows, rows);
    State state = tiny.model.start(rows);
    Tensor logits = tiny.model(batch.inputs, state, {}, &rng, 2);
    if (step == bad_step && part == bad_part) logits = poisoned_backward(logits, 3);
    return TaskLoss{cross_entropy(logits, batch.targets), 0};
  };
  return task;
}

TEST_CASE("train: with every step watched, an error of a backward pass alone is named, and can be repeated") {
  const TemporaryFolder folder;
  LanguageModelConfig sizes = kWithState;
  sizes.stack.layers = 2;
  sizes.stack.dim = 16;
  TrainConfig config = kTiny;
  config.save_every = 2;
  config.accumulate = 2;
  config.skip_spikes = 6;
  const std::string file = folder.file("replay.safetensors"),
                    finding = "part 2 of 2: poisoned after head gives nan in row 3 of the gradient of its input 0";
  {
    const Tiny tiny(sizes);
    const Task task = poisoned_task(tiny, 6, 2, 1);
    CHECK(error_of([&] { train(config, tiny.params, task, {.folder = folder.path, .detect_nan = true}); }) ==
          "train: step 7: " + finding + "; everything to repeat it is in " + file + " (scangrad replay " + file + ")");
    const SafetensorsFile last(folder.file("train.safetensors"));  // the earlier one is still there
    CHECK(last.words("loop")[0] == 6);
  }
  std::vector<Replay> repeated;
  for (const int count : {1, 3}) {
    const WithThreads with(count);
    const Tiny tiny(sizes);
    repeated.push_back(replay(config, tiny.params, poisoned_task(tiny, 6, 2, 1), file));
    const Replay& last = repeated.back();
    CHECK((last.step == 7 && last.finding == finding && last.found->rows == std::vector<int64_t>{3}));
    CHECK((last.seen.back().op == "poisoned" && last.seen.back().backward));
    REQUIRE(last.seen.size() == repeated[0].seen.size());
    for (size_t i = 0; i + 1 < last.seen.size(); ++i) {
      CHECK((last.seen[i].op == repeated[0].seen[i].op && last.seen[i].layer == repeated[0].seen[i].layer));
      CHECK(last.seen[i].largest == repeated[0].seen[i].largest);
    }
  }
  const Tiny healthy(sizes);
  const Replay finite = replay(config, healthy.params, healthy.task(2), file);
  CHECK((finite.step == 7 && finite.finding.empty() && !finite.found && !finite.seen.empty()));

  // The same without a folder, and if the file cannot be written.
  const Tiny tiny(sizes), full(sizes);
  CHECK(error_of([&] {
          train(config, tiny.params, poisoned_task(tiny, 6, 2, 1), {.folder = {}, .detect_nan = true});
        }) == "train: step 7: " + finding);
  std::filesystem::remove(file);
  std::filesystem::create_directories(std::filesystem::path(file) / "in the way");
  const std::string message = error_of(
      [&] { train(config, full.params, poisoned_task(full, 6, 2, 1), {.folder = folder.path, .detect_nan = true}); });
  CHECK(message.rfind("train: step 7: " + finding + "; there is no file to repeat it: ", 0) == 0);
}

TEST_CASE("train: a gradient that is not finite is explained without a watch too") {
  const Tiny tiny;
  CHECK(error_of([&] { train(kTiny, tiny.params, poisoned_task(tiny, 4)); }) ==
        "train: step 5: gradient norm is nan: poisoned after head gives nan in row 3 of the gradient of its input 0; "
        "--detect-nan stops at the first such number and leaves a file to repeat it");
}

TEST_CASE("train: numbers of the batch that are not finite are named with their row") {
  const Params params(1);
  const SeriesModel model(params, {.inputs = 2, .outputs = 2, .stack = {.layers = 1, .dim = 4, .expansion = 1}});
  Task task;
  task.has_accuracy = false;
  task.validate = [] { return Evaluation(); };
  task.loss = [&model](int64_t step, int64_t, Rng& rng) {
    Tensor x = random_tensor({5, 8, 2}, static_cast<uint64_t>(step));
    if (step == 2) x.mutable_data()[3 * 16 + 7] = std::numeric_limits<real>::quiet_NaN();
    State state = model.start(5);
    return TaskLoss{mean_squared_error(model(slice(x, 1, 0, 7), state, {}, &rng), slice(x, 1, 1, 8)), 0};
  };
  CHECK(error_of([&] { train(kTiny, params, task, {.folder = {}, .detect_nan = true}); }) ==
        "train: step 3: slice takes nan in row 3 of its input 0, which no op made: it came with the batch");
}

TEST_CASE("train: watching does not change the bits of a run") {
  std::vector<LanguageModelConfig> networks;
  for (const std::string& mixer : mixer_names()) networks.push_back({.stack = {.mixer = mixer}});
  networks.push_back({.stack = {.mixer = {"mingru", {{"space", "log"}}}}});
  networks.push_back(
      {.stack = {.mixer = {"minlstm", {{"space", "log"}}}, .kernel = 4, .mlp = 2, .norm = NormKind::kBatch}});
  networks.push_back(
      {.stack = {.mlp = 2, .mlp_kind = MlpKind::kGeglu, .norm = NormKind::kLayer, .dropout = 0.2, .recompute = true}});
  for (LanguageModelConfig& sizes : networks) {
    CAPTURE(sizes.stack.mixer.name);
    sizes.vocab = 6;
    sizes.stack.layers = 2;
    sizes.stack.dim = 8;
    const Tiny plain(sizes), watched(sizes);
    TrainConfig config = kTiny;
    config.steps = 4;
    config.accumulate = 2;
    train(config, plain.params, plain.task(2));
    train(config, watched.params, watched.task(2), {.folder = {}, .detect_nan = true});
    CHECK(same_bits(plain.params.values(), watched.params.values()));
  }
}

// The tiny task, with its loss and gradient multiplied in some steps.
Task spiking_task(const Tiny& tiny, std::vector<int64_t> steps, real factor, int64_t accumulate = 1) {
  Task task = tiny.task(accumulate);
  task.loss = [loss = task.loss, steps, factor, accumulate](int64_t step, int64_t part, Rng& rng) {
    TaskLoss result = loss(step, part, rng);
    if (std::count(steps.begin(), steps.end(), step) > 0 && part == accumulate - 1)
      result.loss = scale(result.loss, factor);
    return result;
  };
  return task;
}

const TrainConfig kGuarded{.lr = 1e-2, .min_lr = 1e-2, .eval_every = 50, .log_every = 10, .skip_spikes = 6};

TEST_CASE("train: a step with a spike is skipped and changes no bit") {
  const TemporaryFolder before, after;
  for (const int64_t accumulate : {int64_t(1), int64_t(4)})
    for (const real factor :
         {real(1000), std::numeric_limits<real>::quiet_NaN(), -std::numeric_limits<real>::infinity()}) {
      CAPTURE(factor);
      TrainConfig config = kGuarded;
      config.accumulate = accumulate;
      std::vector<Tensor> values;
      for (const int64_t steps : {80, 81}) {
        const Tiny tiny(kWithState);
        config.steps = steps;
        const TrainResult result = train(config, tiny.params, spiking_task(tiny, {80}, factor, accumulate),
                                         {.folder = (steps == 80 ? before : after).path});
        CHECK(result.skipped == steps - 80);
      }
      const SafetensorsFile left(before.file("train.safetensors")), right(after.file("train.safetensors"));
      int64_t compared = 0;
      for (const SafetensorsFile::Entry& entry : left.entries())
        if (entry.name.rfind("model.", 0) == 0 || entry.name.rfind("adam.", 0) == 0) {
          CHECK(left.bytes(entry.name) == right.bytes(entry.name));
          ++compared;
        }
      CHECK(compared > 20);
      CHECK(read_metrics(after.path).back().skipped == 1);
    }
}

TEST_CASE("train: a resumed run with skipped steps has the bits of one that never stopped") {
  const TemporaryFolder whole_folder, folder;
  const std::vector<int64_t> spikes{70, 85, 100};
  TrainConfig config = kGuarded;
  config.steps = 120;
  const Tiny whole(kWithState);
  CHECK(train(config, whole.params, spiking_task(whole, spikes, 1000), {.folder = whole_folder.path}).skipped == 3);
  for (const int64_t stop : {60, 71, 86, 87, 120}) {
    const Tiny part(kWithState);
    config.steps = stop;
    train(config, part.params, spiking_task(part, spikes, 1000), {.folder = folder.path, .resume = stop > 60});
  }
  CHECK(same_state(whole_folder.file("train.safetensors"), folder.file("train.safetensors")));
}

TEST_CASE("train: a gradient with a square that overflows counts as not finite") {
  const real huge = std::sqrt(std::numeric_limits<real>::max()) * 1000;
  TrainConfig config = kTiny;
  config.steps = 6;
  config.clip = 0;
  const Tiny first, second;
  CHECK(error_of([&] { train(config, first.params, spiking_task(first, {2}, huge)); }) ==
        "train: step 3: the gradient is finite, but its square is not; --clip 1 or a smaller --lr would help");
  config.skip_spikes = 6;
  CHECK(train(config, second.params, spiking_task(second, {2}, huge)).skipped == 1);
}

TEST_CASE("train: without spikes no step is skipped, and the bits are those of a run without the option") {
  const Tiny plain, guarded;
  TrainConfig config = kGuarded;
  config.steps = 200;
  config.lr = config.min_lr = 1e-3;
  CHECK(train(config, guarded.params, guarded.task()).skipped == 0);
  config.skip_spikes = 0;
  train(config, plain.params, plain.task());
  CHECK(same_bits(plain.params.values(), guarded.params.values()));
}

TEST_CASE("train: ten skipped steps in a row end the run") {
  const Tiny tiny(kWithState);
  std::vector<int64_t> steps;
  for (int64_t step = 3; step < 30; ++step) steps.push_back(step);
  TrainConfig config = kGuarded;
  config.steps = 40;
  CHECK(error_of([&] { train(config, tiny.params, spiking_task(tiny, steps, NAN)); }) ==
        "train: step 13: 10 steps in a row would be skipped, this one with loss nan, gradient norm nan");
}
