#include "../../../../models/training/loop/anomalies.h"

#include <limits>

#include "../../../../nn/linear.h"
#include "../../../../ops/arithmetic.h"
#include "../../../temporary_folder.h"
#include "../../../testing.h"

using namespace scangrad;

namespace {

constexpr real kNan = std::numeric_limits<real>::quiet_NaN();
constexpr const char* kHint = "; --detect-nan stops at the first such number and leaves a file to repeat it";

// A weight and a running mean.
struct Net {
  Net() : linear(params / "linear", 2, 1), mean(params.buffer("mean", {2}, 3)) {}
  Params params{1};
  Linear linear;
  Tensor mean;
};

// Repeats a step whose first op takes a NaN that came with the batch; `done` parts were complete by then.
auto poisoned_repetition(int64_t done) {
  return [done](NanWatch&) {
    scale(Tensor({2, 1}, {1, kNan}), 2);
    return done;
  };
}
int64_t healthy_repetition(NanWatch&) {
  return 1;
}

}  // namespace

TEST_CASE("anomalies: a step that is not finite is explained by a repetition, which names the part of the batch") {
  const auto said = [](double loss, double norm, int64_t parts, auto repeat) {
    return error_of([&] { explain_step(7, loss, norm, parts, repeat); });
  };
  const std::string finding = "scale takes nan in row 1 of its input 0, which no op made: it came with the batch";
  CHECK(said(NAN, 1, 1, poisoned_repetition(0)) == "train: step 7: loss is nan: " + finding + kHint);
  CHECK(said(1, INFINITY, 4, poisoned_repetition(2)) ==
        "train: step 7: gradient norm is inf: part 3 of 4: " + finding + kHint);
  CHECK(said(1, NAN, 4, poisoned_repetition(4)) == "train: step 7: gradient norm is nan: " + finding + kHint);
  const std::string healthy = "train: step 7: loss is inf: but every number was finite when the step was repeated";
  CHECK(said(INFINITY, 1, 1, healthy_repetition) == healthy + kHint);
  CHECK(said(1, INFINITY, 1, healthy_repetition) ==
        "train: step 7: the gradient is finite, but its square is not; --clip 1 or a smaller --lr would help");
}

TEST_CASE("anomalies: weights and buffers that are not finite are named") {
  Net net;
  check_weights(net.params, 4);
  net.mean.mutable_data()[1] = kNan;
  CHECK(error_of([&] { check_weights(net.params, 4); }).rfind("train: step 4: the step gives nan ", 0) == 0);
  Tensor weight = net.params.find("linear.weight").tensor;
  weight.mutable_data()[0] = kNan;
  const std::string message = error_of([&] { check_weights(net.params, 4); });
  CHECK(message.rfind("train: step 4: adamw gives nan ", 0) == 0);
  CHECK(message.find("linear.weight; --detect-nan ") != std::string::npos);
}

TEST_CASE("anomalies: a watched step that fails saves its start and the texts of the run, if there is a folder") {
  const TemporaryFolder folder;
  write_file(folder.file("config.json"), "{}");
  SafetensorsWriter start;
  start.add("w", Tensor({1}, {5}));
  WatchedStep step(start);
  CHECK(error_of([&] { step.stop(3, "here", ""); }) == "train: step 3: here");
  const std::string file = folder.file("replay.safetensors");
  CHECK(error_of([&] { step.stop(3, "here", folder.path); }) ==
        "train: step 3: here; everything to repeat it is in " + file + " (scangrad replay " + file + ")");
  const SafetensorsFile saved(file);
  CHECK(saved.tensor("w").item() == 5);
  CHECK(saved.metadata().at("config.json") == "{}");
  CHECK(error_of([&] {
          step.stop(3, "here", folder.file("none"));
        }).rfind("train: step 3: here; there is no file to repeat it: ", 0) == 0);
}

TEST_CASE("anomalies: the tenth skipped step in a row is an error") {
  CHECK(skipped_line({.skipped = 12, .in_a_row = 9, .losses = {}, .norms = {}}, 30, 1234.5678, NAN) ==
        "step 30 skipped: loss 1235, gradient norm nan");
  CHECK(error_of([] { skipped_line({.skipped = 12, .in_a_row = 10, .losses = {}, .norms = {}}, 30, 2, 3); }) ==
        "train: step 30: 10 steps in a row would be skipped, this one with loss 2, gradient norm 3");
}

TEST_CASE("anomalies: buffers are restored, weights stay") {
  Net net;
  BufferCopy before(net.params);
  const Tensor weights = net.params.values().clone();
  net.mean.copy_from(Tensor({2}, {7, 8}));
  real* const values = net.params.mutable_values();
  values[0] += 1;
  before.restore();
  CHECK(net.mean.values() == std::vector<real>{3, 3});
  CHECK(net.params.values().data()[0] == weights.data()[0] + 1);
}
