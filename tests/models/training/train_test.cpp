#include "../../../models/training/train.h"

#include <fmt/core.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <new>

#include "../../../core/memory.h"
#include "../../../nn/saved_params.h"
#include "../../same_bits.h"
#include "../../temporary_folder.h"
#include "golden_losses.h"
#include "short_runs.h"
#include "tiny_task.h"

using namespace scangrad;

namespace {

// Counts allocations of more than 4 KiB outside the pool: the operators below replace those of the whole test program
// (not inlined, because g++ then warns about free). The thread sanitizer has its own operators, so these are weak.
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

TEST_CASE("train: learns a tiny task to over 99 % on unseen examples") {
  for (const char* mixer : {"mingru", "minlstm"}) {
    const Tiny tiny({.vocab = 6, .stack = {.mixer = mixer, .layers = 2, .dim = 16, .expansion = 2}});
    TrainConfig config = kTiny;
    config.steps = 600;
    train(config, tiny.params, tiny.task());
    const Evaluation test = evaluate_copying(tiny.model, tiny.data, kTestSeed, 500, 50);
    CHECK(test.accuracy > 0.99);
  }
}

TEST_CASE("train: losses and weights have the same bits with any number of threads, in every task") {
  const std::map<std::string, std::string> mixers = {
      {"copy", "mingru"}, {"text", "minlstm"}, {"series", "mingru"}, {"sequences", "minlstm"}};
  for (const auto& [task, mixer] : mixers) {
    const ShortRun run = {.task = task, .mixer = mixer, .steps = 3, .batch = 16, .length = 96, .dim = 32};
    CAPTURE(run.task);
    check_threads([&run] {  // large enough for every kernel to use several threads
      const Learned learned = learn(run);
      const std::vector<real> losses(learned.losses.begin(), learned.losses.end());
      return std::vector<Tensor>{Tensor({static_cast<int64_t>(losses.size())}, losses), learned.weights};
    });
  }
}

// One tolerance for every machine. Measured with g++ and clang, BLIS and plain loops, wide and narrow vectors: in
// double precision all 14 digits agree; float losses are within 2e-7 of each other and 2.5e-5 of double. The same build
// on the same machine gives the same bits: see above.
TEST_CASE("train: the losses of a short run are the recorded ones") {
  for (const GoldenRun& golden : kGolden) {
    INFO(golden.task, " ", golden.mixer);
    const Learned run = learn({.task = golden.task, .mixer = golden.mixer, .steps = std::ssize(golden.losses)});
    double worst = 0;
    for (size_t i = 0; i < run.losses.size(); ++i)
      worst = std::max(worst, std::abs(run.losses[i] / golden.losses[i] - 1));
    CHECK(worst < (kDouble ? 1e-11 : 1e-4));
  }
}

// Skipped; run it by hand to change the recorded losses on purpose: golden_losses.h.
TEST_CASE("train: print the losses of short runs" * doctest::skip()) {
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

TEST_CASE("train: from the third step on no memory is allocated, neither by the pool nor in blocks over 4 KiB") {
  for (const char* task : {"copy", "text", "series", "sequences"}) {
    INFO(task);
    std::vector<std::pair<int64_t, int64_t>> requests;
    learn({.task = task, .steps = 8, .length = 600},
          [&] { requests.emplace_back(memory_stats().system_requests, large_allocations.load()); });
    REQUIRE(requests.size() == 8);
    CHECK((requests[0].second > 0) == kCounts);
    for (size_t step = 3; step < requests.size(); ++step) CHECK(requests[step] == requests[2]);
  }
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
  const TemporaryFolder folder;
  const Tiny tiny;
  TrainConfig config = kTiny;
  config.steps = 40;
  config.eval_every = 20;
  const TrainResult result = train(config, tiny.params, tiny.task(), {.folder = folder.path});
  CHECK((result.best_step == 20 || result.best_step == 40));

  std::ifstream csv(folder.file("metrics.csv"));
  std::string line;
  std::getline(csv, line);
  CHECK(line == "step,loss,accuracy,val_loss,val_accuracy,grad_norm,lr,tokens_per_s,peak_mb,seconds,skipped");
  std::getline(csv, line);
  CHECK(line.rfind("20,", 0) == 0);
  std::getline(csv, line);
  CHECK(line.rfind("40,", 0) == 0);

  const Params copy(99);
  const LanguageModel model(copy, tiny.model.config());
  load_params(copy, SafetensorsFile(folder.file("model.safetensors")));
  CHECK(same_bits(copy.values(), tiny.params.values()));
  CHECK(std::filesystem::exists(folder.file("train.safetensors")));
}

TEST_CASE("train: the best weights are restored with their buffers, from memory and from a folder") {
  const TemporaryFolder folder;
  for (const std::string& path : {std::string(), folder.path.string()}) {
    const Tiny tiny({.vocab = 6, .stack = {.layers = 1, .dim = 8, .expansion = 2, .norm = NormKind::kBatch}});
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
}

TEST_CASE("train: stops when validation accuracy is reached, and takes no further step when it is resumed") {
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

  const TemporaryFolder folder;
  task.validate = [] { return Evaluation{NAN, 0}; };
  for (const std::string& path : {std::string(), folder.path.string()})
    CHECK(error_of([&] { train(config, tiny.params, task, {.folder = path}); }) ==
          "train: no validation was finite, so no weights are the best");
  CHECK(std::filesystem::exists(folder.file("model.safetensors")));
}

TEST_CASE("train: errors name impossible options") {
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
