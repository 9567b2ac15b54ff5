#include "../../ops/bf16_weights.h"

#include "../../core/autograd.h"
#include "../../core/kernels/gemm.h"
#include "../../ops/affine.h"
#include "../core/kernels/rounded.h"
#include "../same_bits.h"
#include "../testing.h"

using namespace scangrad;

namespace {

constexpr int64_t kIn = 70, kOut = 33;

// Numbers of which the middle ones are a weight.
struct Arena {
  Arena() { weight.move_to(values.mutable_data() + 10, values.keeper()); }

  Tensor values = random_tensor({10 + kOut * kIn + 5}, 1), weight = random_tensor({kOut, kIn}, 6);
};

}  // namespace

TEST_CASE("bf16_weights: affine of a few rows computes with the rounded weight") {
  const Arena arena;
  const NoGrad no_grad;
  for (const int64_t N : {int64_t(1), int64_t(2), kFewRows}) {
    const Tensor x = random_tensor({N, kIn}, 2), bias = random_tensor({kOut}, 3);
    const Tensor plain = affine(x, arena.weight, bias);
    const Tensor should = affine(x, rounded(arena.weight), bias);
    {
      const Bf16Weights scope(arena.values);
      const Tensor is = affine(x, arena.weight, bias);
      CHECK(relative_error(is, should) < 2e-6);
      CHECK(relative_error(is, plain) > 1e-5);
    }
    CHECK(same_bits(affine(x, arena.weight, bias), plain));
  }
}

TEST_CASE("bf16_weights: more rows, other weights, and ops that record read the weights themselves") {
  const Arena arena;
  const Tensor other = random_tensor({kOut, kIn}, 4), x = random_tensor({kFewRows + 1, kIn}, 2);
  const Tensor many = affine(x, arena.weight);
  const Tensor one = random_tensor({1, kIn}, 5), of_other = affine(one, other), of_one = affine(one, arena.weight);
  const Bf16Weights scope(arena.values);
  CHECK(same_bits(affine(one, arena.weight), of_one));
  const NoGrad no_grad;
  CHECK(same_bits(affine(x, arena.weight), many));
  CHECK(same_bits(affine(one, other), of_other));
  CHECK_FALSE(same_bits(affine(one, arena.weight), of_one));
}

TEST_CASE("bf16_weights: the newest copy is used, and any number of threads gives the same bits") {
  const Arena arena, second;
  const NoGrad no_grad;
  const Tensor x = random_tensor({1, kIn}, 2), plain = affine(x, arena.weight);
  const Bf16Weights scope(arena.values);
  const Tensor in_first = affine(x, arena.weight);
  {
    const Bf16Weights inner(second.values);
    CHECK(same_bits(affine(x, arena.weight), plain));
  }
  CHECK(same_bits(affine(x, arena.weight), in_first));
  check_threads([&] { return std::vector<Tensor>{affine(x, arena.weight)}; });
}
