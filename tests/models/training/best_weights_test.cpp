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

TEST_CASE("best_weights: the last that were kept come back, buffers too, from a file and from memory") {
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

TEST_CASE("best_weights: a file that went astray is noticed") {
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
