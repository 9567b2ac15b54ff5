#include "../../../nn/mixers/bidirectional.h"

#include "../../../core/files/text.h"
#include "../../../ops/arithmetic.h"
#include "../../../ops/indexing/concat.h"
#include "../../../ops/indexing/slice.h"
#include "../../ops/sequences.h"
#include "../mixers.h"

using namespace scangrad;

namespace {

const std::vector<std::string> kBothWays = mixer_names([](const MixerRow& row) { return row.reverses; });

// What each direction gives alone, the second on flipped sequences, with the same weights: the seed makes them.
std::pair<Tensor, Tensor> each_way(const std::string& name, uint64_t seed, const MixerConfig& config, const Tensor& x) {
  const Params params(seed);
  const auto forward = make_mixer(name, params / "forward", config);
  const auto backward = make_mixer(name, params / "backward", config);
  State one(x.size(0)), two(x.size(0));
  return {(*forward)(x, one), flipped((*backward)(flipped(x), two))};
}

}  // namespace

TEST_CASE("bidirectional: adds or concatenates the results of both directions") {
  const Tensor x = random_tensor({2, 7, 6}, 1);
  for (const std::string& name : kBothWays) {
    const MixerConfig config{.dim = 6};
    for (const Merge merge : {Merge::kAdd, Merge::kConcatenate}) {
      const Params params(3);
      const Bidirectional layer(params, name, config, merge);
      const auto ways = each_way(name, 3, config, x);
      State state(2);
      const Tensor y = layer(x, state);
      CHECK(y.shape() == (merge == Merge::kAdd ? Shape{2, 7, 6} : Shape{2, 7, 12}));
      const Tensor expected =
          merge == Merge::kAdd ? add(ways.first, ways.second) : concatenate({ways.first, ways.second}, 2);
      CHECK(relative_error(y, expected) < (kDouble ? 1e-14 : 1e-6));
    }
  }
}

TEST_CASE("bidirectional: packed, padded and separate sequences agree, states included") {
  for (const std::string& name : kBothWays) {
    const Params params(3);
    const Bidirectional layer(params, name, {.dim = 6});
    check_packed(layer, params, 6, kDouble ? 1e-13 : 2e-6);

    // The state that comes back is the one after the first step; padding is no step.
    const Tensor x = random_tensor({1, 5, 6}, 2);
    State alone(1), padded(2);
    layer(slice(x, 1, 0, 3), alone);
    layer(concatenate({x, x}, 0), padded, Boundaries::lengths({3, 5}));
    for (const auto& [path, tensor] : alone.list())
      CHECK(relative_error(slice(padded.get(path), 0, 0, 1), tensor) < (kDouble ? 1e-14 : 1e-6));
  }
}

TEST_CASE("bidirectional: gradients of parameters, input and both starts") {
  for (const std::string& name : kBothWays) {
    const Params params(3);
    const Bidirectional layer(params, name, {.dim = 3}, Merge::kConcatenate);
    const Tensor x = leaf(random_tensor({2, 3, 3}, 2, -2, 2));
    State start(2);
    layer(x, start);
    State leaves = start.detach();
    std::vector<Tensor> checked{x};
    for (const auto& [path, tensor] : leaves.list()) {
      checked.push_back(leaf(tensor.clone()));
      leaves.set(path, checked.back());
    }
    const auto f = [&] {
      State state = leaves;
      return layer(x, state);
    };
    CHECK(check_gradients(params, f, checked) < (kDouble ? 1e-7 : 5e-2));
  }
}

TEST_CASE("bidirectional: a mixer without a reverse form is refused") {
  CHECK(error_of([] { Bidirectional(Params(3), "attention", {.dim = 4}); }) ==
        "bidirectional: attention only runs forward, but one of " + joined(kBothWays) + " is needed");
  const Bidirectional layer(Params(3), "mingru", {.dim = 4, .options = {{"space", "log"}}});
  State state(1);
  CHECK(error_of([&] {
          layer(Tensor::zeros({1, 3, 4}), state);
        }) == "log_scan: sequences run in reverse, but only forward is possible");
  CHECK(state.list().empty());
}
