#include "../../../models/training/checkpoint.h"

#include "../../../nn/linear.h"
#include "../../../nn/saved_params.h"
#include "../../../ops/reduce.h"
#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

// A network of one layer, and its optimizer.
struct Net {
  explicit Net(uint64_t seed, int64_t out = 3) : params(seed), linear(params / "linear", 2, out), adam(params, {}) {}
  void step() {
    mean(linear(Tensor({1, 2}, {1, 2}))).backward();
    adam.step();
  }
  Params params;
  Linear linear;
  AdamW adam;
};

const LoopState kLoop{.step = 2,
                      .best_step = 1,
                      .best_loss = 0.1,
                      .best_accuracy = 1.0 / 3,
                      .random = uint64_t(1) << 63,
                      .seconds = 1e-300,
                      .window_steps = 2,
                      .window_loss = -0.0,
                      .window_accuracy = 0.7,
                      .window_norm = 1e9};

}  // namespace

TEST_CASE("checkpoint: a run resumed from a file ends with the same bits") {
  const TemporaryFolder folder;
  const std::string path = folder.file("train.safetensors");
  Net net(1), other(2);
  net.step();
  net.step();
  save_checkpoint(path, net.params, net.adam, kLoop,
                  [](auto& writer) { writer.add("task.position", std::vector<int64_t>{5}); });
  int64_t position = 0;
  const LoopState loop = load_checkpoint(path, other.params, other.adam, [&](const SafetensorsFile& file) {
    position = file.integers("task.position")[0];
  });
  CHECK(position == 5);
  CHECK((loop.step == 2 && loop.best_step == 1 && loop.best_loss == 0.1 && loop.best_accuracy == 1.0 / 3));
  CHECK((loop.random == uint64_t(1) << 63 && loop.seconds == 1e-300 && loop.window_steps == 2));
  CHECK((std::signbit(loop.window_loss) && loop.window_accuracy == 0.7 && loop.window_norm == 1e9));
  const LoopState alone = load_loop(path);  // without a network
  CHECK((alone.step == 2 && alone.best_loss == 0.1 && alone.seconds == 1e-300));
  net.step();
  other.step();
  CHECK(same_bits(net.params.values(), other.params.values()));
}

TEST_CASE("checkpoint: the optimizer counts only the steps that were not skipped") {
  const TemporaryFolder folder;
  const std::string path = folder.file("train.safetensors");
  Net net(1), other(2);
  net.step();
  LoopState loop = kLoop;
  loop.spikes = {1, 1, {0.5, 0.25}, {1, 2}};
  save_checkpoint(path, net.params, net.adam, loop);
  const SpikeHistory back = load_checkpoint(path, other.params, other.adam).spikes;
  CHECK((back.skipped == 1 && back.in_a_row == 1 && back.losses == loop.spikes.losses && back.norms[1] == 2));
  CHECK(other.adam.steps() == 1);
  loop.spikes.skipped = 3;
  save_checkpoint(path, net.params, net.adam, loop);
  CHECK(error_of([&] { load_checkpoint(path, net.params, net.adam); }) ==
        "checkpoint: " + path + ": 3 of 2 steps were skipped, which is impossible");
}

TEST_CASE("checkpoint: fingerprints of data and validation are saved if there are any") {
  const TemporaryFolder folder;
  const std::string path = folder.file("train.safetensors");
  Net net(1);
  LoopState loop = kLoop;
  for (const auto& both : {std::pair(uint64_t(0), uint64_t(0)), {UINT64_MAX, 0}, {0, 5}, {1, 2}}) {
    loop.data_fingerprint = both.first;
    loop.validation_fingerprint = both.second;
    save_checkpoint(path, net.params, net.adam, loop);
    CHECK(SafetensorsFile(path).has("fingerprints") == (both.first != 0 || both.second != 0));
    const LoopState back = load_checkpoint(path, net.params, net.adam);
    CHECK((back.data_fingerprint == both.first && back.validation_fingerprint == both.second));
  }
  save_checkpoint(path, net.params, net.adam, kLoop,
                  [](auto& writer) { writer.add("fingerprints", std::vector<uint64_t>{1}); });
  CHECK(error_of([&] { load_checkpoint(path, net.params, net.adam); }) ==
        "checkpoint: " + path + ": fingerprints has 1 numbers, but 2 are needed");
}

TEST_CASE("checkpoint: a copy does not change with later steps") {
  const TemporaryFolder folder;
  Net net(1), other(2);
  net.step();
  const Tensor now = net.params.values().clone();
  const SafetensorsWriter copies = checkpoint(net.params, net.adam, kLoop, nullptr, Numbers::kCopies);
  const SafetensorsWriter later = checkpoint(net.params, net.adam, kLoop);
  net.step();
  copies.save(folder.file("copies"));
  later.save(folder.file("later"));
  load_checkpoint(folder.file("copies"), other.params, other.adam);
  CHECK(same_bits(other.params.values(), now));
  load_checkpoint(folder.file("later"), other.params, other.adam);
  CHECK(same_bits(other.params.values(), net.params.values()));
}

TEST_CASE("checkpoint: another file changes nothing and is named") {
  const TemporaryFolder folder;
  const std::string path = folder.file("train.safetensors"), weights = folder.file("model.safetensors");
  Net net(1), wide(1, 4);
  net.step();
  save_checkpoint(path, net.params, net.adam, kLoop);
  save_params(net.params, weights);
  CHECK(error_of([&] { load_checkpoint(weights, net.params, net.adam); }) ==
        "checkpoint: " + weights + " does not hold the state of a training run");
  const Tensor before = wide.params.values().clone();
  CHECK(error_of([&] { load_checkpoint(path, wide.params, wide.adam); }) ==
        "checkpoint: " + path + ": adam.m.linear.weight has shape [3, 2], but [4, 2] is needed");
  CHECK(same_bits(wide.params.values(), before));
}

TEST_CASE("checkpoint: errors name impossible numbers") {
  const TemporaryFolder folder;
  const std::string path = folder.file("train.safetensors");
  Net net(1);
  const auto refused = [&](const std::function<void(LoopState&)>& change) {
    LoopState loop = kLoop;
    change(loop);
    save_checkpoint(path, net.params, net.adam, loop);
    const std::string message = error_of([&] { load_checkpoint(path, net.params, net.adam); });
    const std::string who = "checkpoint: " + path + ": ";
    return message.starts_with(who) ? message.substr(who.size()) : message;
  };
  CHECK(refused([](LoopState& loop) { loop.step = -3; }) ==
        "loop says step -3 with the best at 1, which is impossible");
  CHECK(refused([](LoopState& loop) { loop.step = (int64_t(1) << 40) + 1; }) ==
        "loop says step 1099511627777 with the best at 1, which is impossible");
  CHECK(refused([](LoopState& loop) { loop.step = int64_t(1) << 40; }) == "(no error)");
  for (const auto& [seconds, said] :
       {std::pair(-1.0, "-1"), std::pair(double(NAN), "nan"), std::pair(1e300 * 1e300, "inf")})
    CHECK(refused([value = seconds](LoopState& loop) { loop.seconds = value; }) ==
          "loop says " + std::string(said) + " seconds with a best loss of 0.1, which is impossible");
  CHECK(refused([](LoopState& loop) { loop.best_loss = NAN; }) ==
        "loop says 1e-300 seconds with a best loss of nan, which is impossible");
  CHECK(refused([](LoopState& loop) {
          loop.spikes = {INT64_MIN, INT64_MAX, {1}, {1}};
        }) == "9223372036854775808 spikes, 9223372036854775807 of them in a row, is impossible");
}
