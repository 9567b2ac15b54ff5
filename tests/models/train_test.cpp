#include "../../models/train.h"

#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <new>

#include "../../core/memory.h"
#include "../../models/metrics.h"
#include "../../models/series_model.h"
#include "../../nn/safetensors.h"
#include "../../ops/arithmetic.h"
#include "../../ops/cross_entropy.h"
#include "../../ops/mean_squared_error.h"
#include "../../ops/slice.h"
#include "../same_bits.h"
#include "../temporary_folder.h"
#include "golden_losses.h"
#include "short_runs.h"

using namespace scangrad;

namespace {

// Allocations of more than 4 KiB outside the pool: the operators below replace those of the whole test program
// (out of line, or g++ takes free for a mistake). The thread sanitizer brings its own, so these are weak.
std::atomic<int64_t> large_allocations{0};
#if defined(__has_feature)
constexpr bool kCounts = !__has_feature(thread_sanitizer);
#else
constexpr bool kCounts = true;
#endif

}  // namespace

[[gnu::weak, gnu::noinline]] void* operator new(size_t bytes) {
  if (bytes > 4096) ++large_allocations;
  if (void* const data = std::malloc(bytes)) return data;
  throw std::bad_alloc();
}
[[gnu::weak]] void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return operator new(bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
[[gnu::weak, gnu::noinline]] void operator delete(void* data) noexcept {
  std::free(data);
}
[[gnu::weak, gnu::noinline]] void operator delete(void* data, size_t) noexcept {
  std::free(data);
}

namespace {

// A tiny task that is learned in seconds.
struct Tiny {
  explicit Tiny(const LanguageModelConfig& config = {.vocab = 6, .layers = 2, .dim = 16, .expansion = 2})
      : params(11), data({.length = 12, .tokens = 2, .vocab = 6}), model(params, config) {}
  Task task(int64_t accumulate = 1) const { return copy_task(model, data, 42, 32, accumulate, 128); }
  Params params;
  SelectiveCopying data;
  LanguageModel model;
};

const TrainConfig kTiny{.steps = 400, .lr = 1e-2, .min_lr = 1e-3, .eval_every = 100, .log_every = 20};

std::filesystem::path fresh_folder(const std::string& name) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("scangrad-" + name + (kDouble ? "-f64-" : "-f32-") + std::to_string(::getpid()));
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
  return path;
}

}  // namespace

TEST_CASE("train: learns a tiny task to over 99 % on unseen examples") {
  for (const char* mixer : {"mingru", "minlstm"}) {
    const Tiny tiny({.vocab = 6, .mixer = mixer, .layers = 2, .dim = 16, .expansion = 2});
    TrainConfig config = kTiny;
    config.steps = 600;
    train(config, tiny.params, tiny.task());
    const Evaluation test = evaluate_copying(tiny.model, tiny.data, kTestSeed, 500, 50);
    CHECK(test.accuracy > 0.99);
  }
}

TEST_CASE("train: losses and weights have the same bits with any number of threads, in every task") {
  for (const char* task : {"copy", "text", "series"}) {
    for (const char* mixer : {"mingru", "minlstm"}) {
      INFO(task, " ", mixer);
      check_threads([&] {  // large enough for every kernel to use several threads
        const Learned run = learn({.task = task, .mixer = mixer, .steps = 6, .batch = 16, .length = 96, .dim = 32});
        const std::vector<real> losses(run.losses.begin(), run.losses.end());
        return std::vector<Tensor>{Tensor({static_cast<int64_t>(losses.size())}, losses), run.weights};
      });
    }
  }
}

// One tolerance for every machine. g++ and clang, BLIS and plain loops, wide and narrow vectors: in float their losses
// lay within 2e-7 of each other and 2.5e-5 from those in double precision, which agreed in all 14 digits. The same
// build on the same machine gives the same bits: see above.
TEST_CASE("train: the losses of a short run are those it always had") {
  for (const GoldenRun& golden : kGolden) {
    INFO(golden.task, " ", golden.mixer);
    const Learned run = learn({.task = golden.task, .mixer = golden.mixer, .steps = std::ssize(golden.losses)});
    double worst = 0;
    for (size_t i = 0; i < run.losses.size(); ++i)
      worst = std::max(worst, std::abs(run.losses[i] / golden.losses[i] - 1));
    CHECK(worst < (kDouble ? 1e-11 : 1e-4));
  }
}

// Run by nobody but who means to change them: see golden_losses.h.
TEST_CASE("train: the losses that short runs have now" * doctest::skip()) {
  for (const GoldenRun& golden : kGolden) {
    const Learned run = learn({.task = golden.task, .mixer = golden.mixer, .steps = std::ssize(golden.losses)});
    std::string list;
    for (const double loss : run.losses) list += fmt::format("{:.14g}, ", loss);
    fmt::print("    {{\"{}\", \"{}\", {{{}}}}},\n", golden.task, golden.mixer, list);
  }
}

TEST_CASE("train: parts of a batch give the gradient of the whole") {
  TrainConfig config = kTiny;
  config.steps = 3;
  config.lr = config.min_lr = 1e-3;
  const Tiny whole, parts;
  train(config, whole.params, whole.task());
  config.accumulate = 4;
  train(config, parts.params, parts.task(4));
  CHECK(relative_error(parts.params.values(), whole.params.values()) < (kDouble ? 1e-10 : 1e-3));
}

TEST_CASE("train: from the third step on no memory is asked for, neither for the pool nor in pieces over 4 KiB") {
  const Tiny tiny({.vocab = 6, .layers = 2, .dim = 32, .expansion = 2, .kernel = 4, .mlp = 2, .dropout = 0.1});
  const Task task = tiny.task();
  std::vector<std::pair<int64_t, int64_t>> requests;
  Task counting = task;
  counting.loss = [&](int64_t step, int64_t part, Rng& rng) {
    requests.emplace_back(memory_stats().system_requests, large_allocations.load());
    return task.loss(step, part, rng);
  };
  TrainConfig config = kTiny;
  config.steps = 8;
  config.eval_every = 0;
  train(config, tiny.params, counting);
  REQUIRE(requests.size() == 8);
  CHECK((requests[0].second > 0) == kCounts);
  for (size_t step = 3; step < requests.size(); ++step) CHECK(requests[step] == requests[2]);
}

TEST_CASE(
    "train: a step that runs out of memory, wherever, leaves weights and memory as they were, and can be repeated") {
  const Tiny failing, whole;
  const Task task = failing.task(), whole_task = whole.task();
  AdamW adam(failing.params, {}), whole_adam(whole.params, {});
  const auto step = [](const Task& of, AdamW& by) {
    Rng rng(3, 4);
    of.loss(0, 0, rng).loss.backward();
    by.step();
  };
  step(whole_task, whole_adam);
  step(task, adam);  // from now on the optimizer has its moments
  step(whole_task, whole_adam);
  const Tensor before = failing.params.values().clone();
  release_unused_memory();
  const int64_t live = memory_stats().live;
  int64_t failures = 0;
  for (int64_t room = 1;; room += 8192) {
    limit_memory(live + room);
    const std::string error = error_of([&] { step(task, adam); });
    limit_memory(0);
    if (error == "(no error)") break;
    ++failures;
    REQUIRE(error.find("memory: ") != std::string::npos);
    REQUIRE(same_bits(failing.params.values(), before));
    failing.params.zero_grad();
    release_unused_memory();
    REQUIRE(memory_stats().live == live);
  }
  CHECK(failures > 20);
  CHECK(same_bits(failing.params.values(), whole.params.values()));
}

TEST_CASE("train: leaves metrics, the best and the newest weights in the folder") {
  const auto folder = fresh_folder("train");
  const Tiny tiny;
  TrainConfig config = kTiny;
  config.steps = 40;
  config.eval_every = 20;
  const TrainResult result = train(config, tiny.params, tiny.task(), {.folder = folder});
  CHECK((result.best_step == 20 || result.best_step == 40));

  std::ifstream csv(folder / "metrics.csv");
  std::string line;
  std::getline(csv, line);
  CHECK(line == "step,loss,accuracy,val_loss,val_accuracy,grad_norm,lr,tokens_per_s,peak_mb,seconds,skipped");
  std::getline(csv, line);
  CHECK(line.rfind("20,", 0) == 0);
  std::getline(csv, line);
  CHECK(line.rfind("40,", 0) == 0);

  const Params copy(99);
  const LanguageModel model(copy, tiny.model.config());
  load_params(copy, SafetensorsFile(folder / "model.safetensors"));
  CHECK(same_bits(copy.values(), tiny.params.values()));
  CHECK(std::filesystem::exists(folder / "train.safetensors"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("train: a run that was interrupted and resumed leaves the bits of one that was not") {
  const LanguageModelConfig sizes{
      .vocab = 6, .layers = 1, .dim = 8, .expansion = 2, .mlp = 2, .norm = NormKind::kBatch, .dropout = 0.2};
  TrainConfig config = kTiny;
  config.steps = 50;
  config.eval_every = 20;
  config.log_every = 10;
  config.warmup = 5;
  const auto whole_folder = fresh_folder("whole"), folder = fresh_folder("resumed");
  const Tiny whole(sizes);
  train(config, whole.params, whole.task(), {.folder = whole_folder});
  for (const int64_t stop : {int64_t(7), int64_t(20), int64_t(33), config.steps + 1}) {  // step at which a signal comes
    const Tiny part(sizes);
    Task task = part.task();
    task.loss = [loss = task.loss, stop](int64_t step, int64_t accumulated, Rng& rng) {
      if (step + 1 == stop) std::raise(SIGTERM);
      return loss(step, accumulated, rng);
    };
    const TrainResult result = train(config, part.params, task, {.folder = folder, .resume = stop > 7});
    CHECK(result.interrupted == (stop <= config.steps));
    CHECK(result.steps == std::min(stop, config.steps));
    if (!result.interrupted) CHECK(same_bits(part.params.values(), whole.params.values()));
  }
  const SafetensorsFile a(whole_folder / "train.safetensors"), b(folder / "train.safetensors");
  REQUIRE(a.entries().size() == b.entries().size());
  for (const SafetensorsFile::Entry& entry : a.entries())
    if (entry.name != "loop") CHECK(a.bytes(entry.name) == b.bytes(entry.name));
  const std::vector<MetricsRow> left = read_metrics(whole_folder), right = read_metrics(folder);
  REQUIRE(left.size() == 5);
  REQUIRE(right.size() == 5);
  for (size_t i = 0; i < left.size(); ++i) {  // all but time and memory
    CHECK(left[i].step == right[i].step);
    for (const auto member : {&MetricsRow::loss, &MetricsRow::accuracy, &MetricsRow::val_loss,
                              &MetricsRow::val_accuracy, &MetricsRow::grad_norm, &MetricsRow::lr})
      CHECK(left[i].*member == right[i].*member);
    if (i > 0) CHECK(right[i].seconds > right[i - 1].seconds);
  }
  std::filesystem::remove_all(whole_folder);
  std::filesystem::remove_all(folder);
}

TEST_CASE("train: the best weights come back with the buffers they had, from memory and from a folder") {
  const auto folder = fresh_folder("best");
  for (const std::string& path : {std::string(), folder.string()}) {
    const Tiny tiny({.vocab = 6, .layers = 1, .dim = 8, .expansion = 2, .norm = NormKind::kBatch});
    Task task = tiny.task();
    std::vector<std::vector<real>> batches;
    task.validate = [&] {  // the first is the best
      batches.push_back(tiny.params.saved().back().second.values());
      return Evaluation{.loss = 1, .accuracy = 1 / double(batches.size())};
    };
    TrainConfig config = kTiny;
    config.steps = 6;
    config.eval_every = 2;
    train(config, tiny.params, task, {.folder = path});
    CHECK(batches == std::vector<std::vector<real>>{{2}, {4}, {6}});
    CHECK(tiny.params.saved().back().second.item() == 2);
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("train: stops when validation accuracy is reached, and does not go on when it is resumed") {
  const TemporaryFolder folder;
  const Tiny tiny;
  TrainConfig config = kTiny;
  config.stop_at = 0.2;
  CHECK(train(config, tiny.params, tiny.task(), {.folder = folder.path}).steps == 100);
  CHECK(train(config, tiny.params, tiny.task(), {.folder = folder.path, .resume = true}).steps == 100);
  config.steps = 120;
  config.stop_at = 0;
  CHECK(train(config, tiny.params, tiny.task(), {.folder = folder.path, .resume = true}).steps == 120);
}

TEST_CASE("train: there is a state to go on from before the first step, with each validation and at the end") {
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
  train(config, tiny.params, task, {.folder = folder.path, .started = [&] { CHECK(saved.size() == 1); }});
  CHECK(saved == std::vector<int64_t>{0, 10, 20, -1});
}

TEST_CASE("train: a terminal and an output that are gone end a run as Ctrl-C does, unless hanging up is ignored") {
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

TEST_CASE("train: where the best weights are taken away, the next that validate are the best") {
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
    return loss(step, part, rng);
  };
  TrainConfig config = kTiny;
  config.steps = 30;
  config.eval_every = 10;
  CHECK(train(config, tiny.params, task, {.folder = folder.path}).best_step == 20);
  std::filesystem::remove(path);
  config.steps = 35;
  config.eval_every = 100;
  CHECK(train(config, tiny.params, task, {.folder = folder.path, .resume = true}).best_step == 35);
}

TEST_CASE("train: a full disk ends a run with one line, and it goes on from its last save to the same bits") {
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
        "train: step 2: loss is inf: but every number of a repetition is finite" + hint);
}

TEST_CASE("train: weights that an update made infinite are neither judged nor saved") {
  const auto folder = fresh_folder("overflow");
  TrainConfig config = kTiny;
  config.lr = config.min_lr = static_cast<double>(std::numeric_limits<real>::max()) / 2;
  config.eval_every = config.save_every = 1;
  for (const bool watched : {false, true}) {
    const Tiny tiny;
    const std::string message =
        error_of([&] { train(config, tiny.params, tiny.task(), {.folder = folder, .detect_nan = watched}); });
    CHECK(message.rfind("train: step 1: adamw gives ", 0) == 0);
    CHECK(message.find(" of embedding.weight; ") != std::string::npos);
    CHECK(!std::filesystem::exists(folder / "model.safetensors"));
    const Tiny saved;
    AdamW adam(saved.params, {});
    CHECK(load_checkpoint(folder / "train.safetensors", saved.params, adam).step == 0);
    CHECK(std::filesystem::exists(folder / "replay.safetensors") == watched);
  }
  const Tiny again;
  CHECK(replay(config, again.params, again.task(), folder / "replay.safetensors").finding.rfind("adamw gives ", 0) ==
        0);
  std::filesystem::remove_all(folder);
}

// An op whose backward gives NaN for one row, and whose result is what it was given.
Tensor poisoned_backward(const Tensor& x, int64_t row) {
  return record("poisoned", x.clone(), {x}, [row, width = x.shape().after(0)](const Tensor& dy, Sinks& into) {
    Tensor dx = dy.clone();
    std::fill_n(dx.mutable_data() + row * width, width, std::numeric_limits<real>::quiet_NaN());
    into.give(0, dx);
  });
}

// Selective copying, in whose part `bad_part` of step `bad_step` such an op stands behind the head.
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

TEST_CASE("train: with every step watched, what is wrong in backward alone is named, and can be repeated") {
  const auto folder = fresh_folder("watched");
  const LanguageModelConfig sizes{
      .vocab = 6, .layers = 2, .dim = 16, .expansion = 2, .mlp = 2, .norm = NormKind::kBatch, .dropout = 0.2};
  TrainConfig config = kTiny;
  config.save_every = 2;
  config.accumulate = 2;
  config.skip_spikes = 6;
  const std::string file = folder / "replay.safetensors",
                    finding = "part 2 of 2: poisoned behind head gives nan in row 3 of the gradient of its input 0";
  {
    const Tiny tiny(sizes);
    const Task task = poisoned_task(tiny, 6, 2, 1);
    CHECK(error_of([&] { train(config, tiny.params, task, {.folder = folder, .detect_nan = true}); }) ==
          "train: step 7: " + finding + "; everything to repeat it is in " + file + " (scangrad replay " + file + ")");
    const SafetensorsFile last(folder / "train.safetensors");  // that of before stays
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

  // The same without a folder, and where there is no place for the file.
  const Tiny tiny(sizes), full(sizes);
  CHECK(error_of([&] {
          train(config, tiny.params, poisoned_task(tiny, 6, 2, 1), {.folder = {}, .detect_nan = true});
        }) == "train: step 7: " + finding);
  std::filesystem::remove(file);
  std::filesystem::create_directories(std::filesystem::path(file) / "in the way");
  const std::string message = error_of(
      [&] { train(config, full.params, poisoned_task(full, 6, 2, 1), {.folder = folder, .detect_nan = true}); });
  CHECK(message.rfind("train: step 7: " + finding + "; there is no file to repeat it: ", 0) == 0);
  std::filesystem::remove_all(folder);
}

TEST_CASE("train: a gradient that is not finite is explained without a watch too") {
  const Tiny tiny;
  CHECK(error_of([&] { train(kTiny, tiny.params, poisoned_task(tiny, 4)); }) ==
        "train: step 5: gradient norm is nan: poisoned behind head gives nan in row 3 of the gradient of its input 0; "
        "--detect-nan stops at the first such number and leaves a file to repeat it");
}

TEST_CASE("train: numbers of the batch that are not finite are named with their row") {
  const Params params(1);
  const SeriesModel model(params, {.inputs = 2, .outputs = 2, .stack = {.layers = 1, .options = {.dim = 4}}});
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

TEST_CASE("train: a run that is watched has the bits of one that is not") {
  std::vector<LanguageModelConfig> networks;
  for (const std::string& mixer : mixer_names()) networks.push_back({.mixer = mixer});
  networks.push_back({.mixer = "mingru", .space = Space::kLog});
  networks.push_back({.mixer = "minlstm", .kernel = 4, .mlp = 2, .norm = NormKind::kBatch, .space = Space::kLog});
  networks.push_back(
      {.mlp = 2, .mlp_kind = MlpKind::kGeglu, .norm = NormKind::kLayer, .dropout = 0.2, .recompute = true});
  for (LanguageModelConfig& sizes : networks) {
    CAPTURE(sizes.mixer);
    sizes.vocab = 6;
    sizes.layers = 2;
    sizes.dim = 8;
    const Tiny plain(sizes), watched(sizes);
    TrainConfig config = kTiny;
    config.steps = 4;
    config.accumulate = 2;
    train(config, plain.params, plain.task(2));
    train(config, watched.params, watched.task(2), {.folder = {}, .detect_nan = true});
    CHECK(same_bits(plain.params.values(), watched.params.values()));
  }
}

// The tiny task, whose loss some steps multiply, the gradient with it.
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

// What both files hold of weights, moments and spikes.
bool same_state(const std::filesystem::path& a, const std::filesystem::path& b) {
  const SafetensorsFile left(a), right(b);
  bool same = left.entries().size() == right.entries().size();
  for (const SafetensorsFile::Entry& entry : left.entries())
    same &= entry.name == "loop" || left.bytes(entry.name) == right.bytes(entry.name);
  return same;
}

const LanguageModelConfig kSpiking{
    .vocab = 6, .layers = 1, .dim = 8, .expansion = 2, .mlp = 2, .norm = NormKind::kBatch, .dropout = 0.2};
const TrainConfig kGuarded{.lr = 1e-2, .min_lr = 1e-2, .eval_every = 50, .log_every = 10, .skip_spikes = 6};

TEST_CASE("train: a planted spike is left out, and all bits are those of before it") {
  const auto before = fresh_folder("before"), after = fresh_folder("after");
  for (const int64_t accumulate : {int64_t(1), int64_t(4)})
    for (const real factor :
         {real(1000), std::numeric_limits<real>::quiet_NaN(), -std::numeric_limits<real>::infinity()}) {
      CAPTURE(factor);
      TrainConfig config = kGuarded;
      config.accumulate = accumulate;
      std::vector<Tensor> values;
      for (const int64_t steps : {80, 81}) {
        const Tiny tiny(kSpiking);
        config.steps = steps;
        const TrainResult result = train(config, tiny.params, spiking_task(tiny, {80}, factor, accumulate),
                                         {.folder = steps == 80 ? before : after});
        CHECK(result.skipped == steps - 80);
      }
      const SafetensorsFile left(before / "train.safetensors"), right(after / "train.safetensors");
      int64_t compared = 0;
      for (const SafetensorsFile::Entry& entry : left.entries())
        if (entry.name.rfind("model.", 0) == 0 || entry.name.rfind("adam.", 0) == 0) {
          CHECK(left.bytes(entry.name) == right.bytes(entry.name));
          ++compared;
        }
      CHECK(compared > 20);
      CHECK(read_metrics(after).back().skipped == 1);
    }
  std::filesystem::remove_all(before);
  std::filesystem::remove_all(after);
}

TEST_CASE("train: a run that left out steps and was resumed has the bits of one that never stopped") {
  const auto whole_folder = fresh_folder("whole"), folder = fresh_folder("resumed");
  const std::vector<int64_t> spikes{70, 85, 100};
  TrainConfig config = kGuarded;
  config.steps = 120;
  const Tiny whole(kSpiking);
  CHECK(train(config, whole.params, spiking_task(whole, spikes, 1000), {.folder = whole_folder}).skipped == 3);
  for (const int64_t stop : {60, 71, 86, 87, 120}) {
    const Tiny part(kSpiking);
    config.steps = stop;
    train(config, part.params, spiking_task(part, spikes, 1000), {.folder = folder, .resume = stop > 60});
  }
  CHECK(same_state(whole_folder / "train.safetensors", folder / "train.safetensors"));
  std::filesystem::remove_all(whole_folder);
  std::filesystem::remove_all(folder);
}

TEST_CASE("train: an ordinary run leaves no step out, and has the bits of one without the option") {
  const Tiny plain, guarded;
  TrainConfig config = kGuarded;
  config.steps = 200;
  config.lr = config.min_lr = 1e-3;
  CHECK(train(config, guarded.params, guarded.task()).skipped == 0);
  config.skip_spikes = 0;
  train(config, plain.params, plain.task());
  CHECK(same_bits(plain.params.values(), guarded.params.values()));
}

TEST_CASE("train: ten steps in a row that would be left out end the run") {
  const Tiny tiny(kSpiking);
  std::vector<int64_t> steps;
  for (int64_t step = 3; step < 30; ++step) steps.push_back(step);
  TrainConfig config = kGuarded;
  config.steps = 40;
  CHECK(error_of([&] { train(config, tiny.params, spiking_task(tiny, steps, NAN)); }) ==
        "train: step 13: 10 in a row would be left out, this one with loss nan, gradient norm nan");
}

TEST_CASE("train: a validation that is not finite is never the best one") {
  const Tiny tiny;
  Task task = tiny.task();
  task.by_loss = true;
  task.validate = [calls = 0]() mutable { return Evaluation{++calls == 1 ? double(NAN) : 5.0 - calls, 0}; };
  TrainConfig config = kTiny;
  config.steps = 6;
  config.eval_every = 2;
  const TrainResult result = train(config, tiny.params, task);
  CHECK((result.best_step == 6 && result.best.loss == 2));
}

TEST_CASE("train: impossible options are named") {
  const Tiny tiny;
  const auto with = [&](auto change) {
    TrainConfig config = kTiny;
    change(config);
    return error_of([&] { train(config, tiny.params, tiny.task()); });
  };
  CHECK(with([](TrainConfig& c) { c.steps = 0; }) == "train: steps is 0, but at least 1 is needed");
  CHECK(with([](TrainConfig& c) { c.accumulate = 0; }) == "train: accumulate is 0, but at least 1 is needed");
  CHECK(with([](TrainConfig& c) { c.seed = -1; }) == "train: seed is -1, but at least 0 is needed");
  CHECK(with([](TrainConfig& c) { c.log_every = 0; }) == "train: log_every is 0, but at least 1 is needed");
  CHECK(with([](TrainConfig& c) { c.eval_every = -1; }) == "train: eval_every is -1, but at least 0 is needed");
  CHECK(with([](TrainConfig& c) { c.save_every = -1; }) == "train: save_every is -1, but at least 0 is needed");
  CHECK(with([](TrainConfig& c) { c.skip_spikes = -1; }) == "train: skip_spikes is -1, but at least 0 is needed");
}
