#include <list>

#include "mixers.h"

using namespace scangrad;

TEST_CASE("mixer: every mixer of the table agrees in parallel, in chunks and step by step") {
  CHECK(mixer_names() == std::vector<std::string>{"mingru", "minlstm", "mamba", "attention", "gru", "lstm", "elman"});
  for (const std::string& name : mixer_names()) {
    check_mixer(name, {.dim = 1});
    check_mixer(name, {.dim = 6, .expansion = 1.5});
    check_mixer(name, {.dim = 3, .expansion = 2, .learned_h0 = false});
  }
}

// Copies of tensors one element behind a multiple of 64 bytes, in memory of somebody else.
class OddMemory {
 public:
  Tensor operator()(const Tensor& tensor) {
    Tensor to = Tensor::over(place(tensor.numel()), tensor.shape(), nullptr);
    to.copy_from(tensor);
    return to;
  }
  real* place(int64_t count) {
    buffers_.emplace_back((count + 1) * int64_t(sizeof(real)));
    return static_cast<real*>(buffers_.back().data()) + 1;
  }

 private:
  std::list<Buffer> buffers_;
};

TEST_CASE("mixer: inputs, weights and gradients may lie at any multiple of an element") {
  for (const std::string& name : mixer_names()) {
    INFO(name);
    const int64_t B = 2, T = 70, D = 32;
    OddMemory odd;
    const auto run = [&](bool is_odd) {
      const Params params(3);
      const auto mixer = make_mixer(name, params, {.dim = D, .expansion = 2});
      for (const Param& param : params.list()) {
        if (!is_odd) continue;
        Tensor(param.tensor).move_to(odd.place(param.tensor.numel()), nullptr);
        place_grad(param.tensor, odd(param.tensor));
      }
      const Tensor x = random_tensor({B, T, D}, 1), up = random_tensor({B, T, D}, 2);
      const Tensor in = leaf(is_odd ? odd(x) : x);
      State state(B);
      const Tensor y = (*mixer)(in, state);
      backward({y}, {is_odd ? odd(up) : up});
      std::vector<Tensor> results{y.detach(), in.grad()};
      for (const Param& param : params.list()) results.push_back(param.tensor.grad());
      return results;
    };
    const std::vector<Tensor> at_64 = run(false), at_any = run(true);
    REQUIRE(at_64.size() == at_any.size());
    CHECK(reinterpret_cast<uintptr_t>(at_any[2].data()) % 64 == sizeof(real));
    for (size_t i = 0; i < at_64.size(); ++i) CHECK(same_bits(at_any[i], at_64[i]));
  }
}

TEST_CASE("mixer: an unknown name gets the nearest one") {
  CHECK(error_of([] { make_mixer("mingur", Params(1), {}); }) ==
        "mixer: name is 'mingur', but one of mingru, minlstm, mamba, attention, gru, lstm, elman is needed; the "
        "nearest is 'mingru'");
}

TEST_CASE("mixer: inner channels are a whole number of at least one") {
  CHECK(inner_channels("min_gru", {.dim = 6, .expansion = 1.5}) == 9);
  CHECK(inner_channels("min_gru", {.dim = 49, .expansion = 1 / 49.0}) == 1);  // 49 (1 / 49) is below 1
  CHECK(error_of([] { inner_channels("min_gru", {.dim = 5, .expansion = 1.5}); }) ==
        "min_gru: expansion is 1.5 at dim 5, but expansion * dim must be a whole number of channels");
  CHECK(error_of([] { inner_channels("min_gru", {.dim = 5, .expansion = -1}); }) ==
        "min_gru: expansion is -1 at dim 5, but expansion * dim must be a whole number of channels");
  CHECK(error_of([] { inner_channels("min_gru", {.dim = 0}); }) == "min_gru: dim is 0, but at least 1 is needed");
}
