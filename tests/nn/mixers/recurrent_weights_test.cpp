#include "../../../nn/mixers/recurrent_weights.h"

#include "../../../ops/affine.h"
#include "../../testing.h"

using namespace scangrad;

TEST_CASE("recurrent_weights: the projection is W_ih x + b_ih") {
  const Params params(1);
  const RecurrentWeights weights(params, 3, 2, 4);
  const Tensor x = random_tensor({2, 5, 2}, 1);
  CHECK(same_bits(weights.project(x), affine(x, weights.weight_ih, weights.bias_ih)));
  CHECK(params.find("bias_hh_l0").role == Role::kBias);
  CHECK(params.count() == 12 * (2 + 4 + 1 + 1));
}
