#include "../../ops/precision.h"

#include <thread>

#include "../../core/kernels/gemm.h"
#include "../../ops/affine.h"
#include "../../ops/losses/linear_cross_entropy.h"
#include "../../ops/sequential/gru.h"
#include "../core/kernels/rounded.h"
#include "../same_bits.h"
#include "../testing.h"

using namespace scangrad;

namespace {

// What an op gives in bf16, in float on the same inputs: results and gradients.
using Op = std::function<Tensor(const std::vector<Tensor>&)>;

std::vector<Tensor> results(const Op& f, const std::vector<Tensor>& inputs, const Tensor& dy) {
  std::vector<Tensor> leaves;
  for (const Tensor& input : inputs) leaves.push_back(leaf(input.clone()));
  const Tensor y = f(leaves);
  backward({y}, {dy});
  std::vector<Tensor> all{y.detach()};
  for (const Tensor& each : leaves) all.push_back(each.grad());
  return all;
}

}  // namespace

TEST_CASE("precision: a scope sets it for this thread, and only until its end") {
  const Precision inside = kDouble ? Precision::kFloat : Precision::kBf16;
  CHECK(precision() == Precision::kFloat);
  {
    const WithPrecision scope(Precision::kBf16);
    CHECK(precision() == inside);
    std::thread([] { CHECK(precision() == Precision::kFloat); }).join();
    const WithPrecision back(Precision::kFloat);
    CHECK(precision() == Precision::kFloat);
  }
  CHECK(precision() == Precision::kFloat);
}

// A number that is rounded already is not rounded again: on such operands bf16 and float compute the same.
TEST_CASE("precision: affine in bf16 is affine of the rounded operands, forward and backward") {
  for (const auto& sizes : {std::array<int64_t, 3>{1, 1, 1}, {3, 17, 5}, {40, 33, 70}, {9000, 20, 33}}) {
    const int64_t N = sizes[0], I = sizes[1], O = sizes[2];
    INFO(N, " ", I, " ", O);
    const Op op = [](const std::vector<Tensor>& in) { return affine(in[0], in[1], in[2]); };
    const Op in_bf16 = [&](const std::vector<Tensor>& in) {
      const WithPrecision scope(Precision::kBf16);
      return op(in);
    };
    const Tensor x = random_tensor({N, I}, 1), w = random_tensor({O, I}, 2), b = random_tensor({O}, 3);
    const Tensor dy = random_tensor({N, O}, 4);
    const std::vector<Tensor> is = results(in_bf16, {x, w, b}, dy);
    const std::vector<Tensor> should =
        kDouble ? results(op, {x, w, b}, dy) : results(op, {rounded(x), rounded(w), b}, rounded(dy));
    const double tolerance = N > 1000 ? 5e-6 : 1e-6;  // sums of 9,000 terms, in another order
    for (size_t i = 0; i < 3; ++i) CHECK(relative_error(is[i], should[i]) < tolerance);
    // db is no product: it adds dy as it is.
    CHECK(same_bits(is[3], results(op, {x, w, b}, dy)[3]));
  }
}

TEST_CASE("precision: the gradient has the precision of the call, not of backward()") {
  const Tensor x = random_tensor({5, 9}, 1), dy = random_tensor({5, 7}, 2);
  const auto gradient = [&](Precision forward, Precision then) {
    const Tensor w = leaf(random_tensor({7, 9}, 3));
    Tensor y;
    {
      const WithPrecision scope(forward);
      y = affine(x, w);
    }
    const WithPrecision scope(then);
    backward({y}, {dy});
    return w.grad();
  };
  const Tensor in_float = gradient(Precision::kFloat, Precision::kBf16),
               in_bf16 = gradient(Precision::kBf16, Precision::kFloat);
  CHECK(same_bits(in_float, gradient(Precision::kFloat, Precision::kFloat)));
  CHECK(same_bits(in_bf16, gradient(Precision::kBf16, Precision::kBf16)));
  CHECK(same_bits(in_float, in_bf16) == kDouble);
}

TEST_CASE("precision: products of recurrent layers and of losses follow it") {
  const int64_t B = 2, T = 5, H = 6;
  const Op layer = [&](const std::vector<Tensor>& in) { return gru(in[0], in[1], in[2], {}, {}); };
  const Op in_bf16 = [&](const std::vector<Tensor>& in) {
    const WithPrecision scope(Precision::kBf16);
    return layer(in);
  };
  const std::vector<Tensor> inputs{random_tensor({B, T, 3 * H}, 1), random_tensor({3 * H, H}, 2),
                                   random_tensor({3 * H}, 3)};
  const Tensor dy = random_tensor({B, T, H}, 4);
  const std::vector<Tensor> a = results(layer, inputs, dy), b = results(in_bf16, inputs, dy);
  CHECK(same_bits(a[0], b[0]));             // the time loop is in float
  CHECK(same_bits(a[2], b[2]) == kDouble);  // the gradient of the weights is one product
  CHECK(relative_error(a[2], b[2]) < 2e-2);

  const Ids targets({4}, {0, 2, 1, 2});
  const Op loss = [&](const std::vector<Tensor>& in) { return linear_cross_entropy(in[0], in[1], targets).loss; };
  const Op loss_in_bf16 = [&](const std::vector<Tensor>& in) {
    const WithPrecision scope(Precision::kBf16);
    return loss(in);
  };
  const std::vector<Tensor> head{random_tensor({4, 9}, 5), random_tensor({3, 9}, 6)};
  const Tensor one = Tensor::full(Shape{}, 1);
  CHECK(same_bits(results(loss, head, one)[2], results(loss_in_bf16, head, one)[2]) == kDouble);
  CHECK(relative_error(results(loss, head, one)[2], results(loss_in_bf16, head, one)[2]) < 2e-2);
}

TEST_CASE("precision: any number of threads gives the same bits in bf16") {
  for (const int64_t N : {30, 9000}) {
    check_threads(
        [](const std::vector<Tensor>& in) {
          const WithPrecision scope(Precision::kBf16);
          return std::vector<Tensor>{affine(in[0], in[1], in[2])};
        },
        {random_tensor({N, 40}, 1), random_tensor({90, 40}, 2), random_tensor({90}, 3)});
  }
}
