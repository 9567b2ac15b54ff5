#include "../../nn/causal_conv.h"

#include "../../ops/indexing/slice.h"
#include "modules.h"

using namespace scangrad;

TEST_CASE("causal_conv layer: gradients of parameters and input equal central differences") {
  for (const int64_t dim : {1, 5}) {
    const Params params(4);
    const CausalConv layer(params, dim, 4);
    const Tensor x = leaf(random_tensor({2, 6, dim}, 1));
    const auto f = [&] {
      State state(2);
      return layer(x, state);
    };
    CHECK(check_gradients(params, f, {x}) < kGradTolerance);
  }
}

TEST_CASE("causal_conv layer: step by step equals the whole sequence") {
  const CausalConv layer(Params(4), 5, 3);
  const Tensor x = random_tensor({2, 6, 5}, 1);
  State once(2), stepped(2);
  const Tensor whole = layer(x, once);
  for (int64_t t = 0; t < 6; ++t)
    CHECK(relative_error(layer(slice(x, 1, t, t + 1), stepped), slice(whole, 1, t, t + 1)) < (kDouble ? 1e-14 : 1e-6));
  CHECK(same_bits(once.get("tail"), stepped.get("tail")));
  CHECK(once.get("tail").shape() == Shape{2, 2, 5});
}

TEST_CASE("causal_conv layer: a kernel without taps is refused") {
  CHECK(error_of([] { CausalConv(Params(1), 4, 0); }) == "causal_conv: kernel is 0, but at least 1 is needed");
}
