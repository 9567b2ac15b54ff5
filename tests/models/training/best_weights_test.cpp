#include "../../../models/training/best_weights.h"

#include <filesystem>

#include "../../../nn/linear.h"
#include "../../../nn/saved_params.h"
#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

// A weight, a bias and a running mean.
struct Net {
  Net() : linear(params / "linear", 2, 1), mean(params.buffer("mean", {2}, 0)) {}
  void fill(real value) {
    for (const auto& [name, tensor] : params.saved()) Tensor(tensor).copy_from(Tensor::full(tensor.shape(), value));
  }
  bool is_full_of(real value) const {
    bool all = true;
    for (const auto& [name, tensor] : params.saved()) all &= same_bits(tensor, Tensor::full(tensor.shape(), value));
    return all;
  }
  Params params{1};
  Linear linear;
  Tensor mean;
};

}  // namespace

TEST_CASE("best_weights: the last kept weights and buffers are restored, from a file and from memory") {
  const TemporaryFolder folder;
  for (const std::string& file : {folder.file("model.safetensors"), std::string()}) {
    Net net;
    BestWeights best(net.params, file);
    for (const int step : {3, 5}) {
      net.fill(static_cast<real>(step));
      best.keep(step);
      CHECK(best.are_of(step));
      CHECK(!best.are_of(step - 1));
    }
    net.fill(7);
    best.restore();
    CHECK(net.is_full_of(5));
    CHECK(best.are_of(0));
  }
}

TEST_CASE("best_weights: a lost or damaged file is noticed") {
  const TemporaryFolder folder;
  const std::string file = folder.file("model.safetensors");
  Net net;
  BestWeights best(net.params, file);
  CHECK(!best.are_of(3));
  best.keep(3);
  CHECK(BestWeights(net.params, file).are_of(3));  // by another process
  std::filesystem::resize_file(file, 100);
  CHECK(!best.are_of(3));
  std::filesystem::remove(file);
  CHECK(!best.are_of(3));
  save_params(net.params, file);  // does not say of which step
  CHECK(best.are_of(3));
}

TEST_CASE("best_weights: the best have the highest accuracy or the lowest loss, and the other number decides a tie") {
  Net net;
  struct Judged {
    Evaluation now;
    bool best_by_accuracy, best_by_loss;
  };
  for (const bool by_loss : {false, true}) {
    BestWeights best(net.params, "");
    LoopState loop;
    for (const Judged& each : {Judged{{.loss = NAN, .accuracy = 1}, false, false},
                               {{.loss = 3, .accuracy = 0.5}, true, true},
                               {{.loss = 2, .accuracy = 0.4}, false, true},
                               {{.loss = 4, .accuracy = 0.6}, true, false},
                               {{.loss = by_loss ? 2.0 : 4.0, .accuracy = by_loss ? 0.4 : 0.6}, false, false},
                               {{.loss = by_loss ? 2.0 : 3.5, .accuracy = 0.6}, true, true},
                               {{.loss = INFINITY, .accuracy = 1}, false, false}}) {
      ++loop.step;
      const LoopState before = loop;
      const bool is_best = best.judge(loop, each.now, by_loss);
      CHECK(is_best == (by_loss ? each.best_by_loss : each.best_by_accuracy));
      CHECK(loop.best_step == (is_best ? loop.step : before.best_step));
      CHECK(loop.best_loss == (is_best ? each.now.loss : before.best_loss));
      CHECK(loop.best_accuracy == (is_best ? each.now.accuracy : before.best_accuracy));
      CHECK(best.are_of(loop.best_step));
    }
  }
}

TEST_CASE("best_weights: if the best are lost, the next validated are the best") {
  const TemporaryFolder folder;
  const std::string file = folder.file("model.safetensors");
  Net net;
  BestWeights best(net.params, file);
  LoopState loop{.step = 1};
  CHECK(best.judge(loop, {.loss = 1, .accuracy = 0.9}, false));
  std::filesystem::remove(file);
  loop.step = 2;
  CHECK(best.judge(loop, {.loss = 1, .accuracy = 0.1}, false));
  CHECK((loop.best_step == 2 && loop.best_accuracy == 0.1));
  std::filesystem::remove(file);
  best.forget_lost(loop);
  CHECK(loop.best_step == 0);
}
