#include "../../ops/geglu.h"

#include "../../core/kernels/sums.h"
#include "../../ops/activations.h"
#include "../../ops/arithmetic.h"
#include "../../ops/indexing/slice.h"
#include "../same_bits.h"

using namespace scangrad;

namespace {

Tensor geglu_of(const std::vector<Tensor>& in) {
  return geglu(in[0], in[1]);
}

// The same from plain ops.
Tensor composed(const std::vector<Tensor>& in) {
  const int64_t M = in[1].size(0);
  return multiply(multiply(slice(in[0], -1, 0, M), gelu(slice(in[0], -1, M, 2 * M))), in[1]);
}

}  // namespace

TEST_CASE("geglu: a case worked by hand") {
  // gelu(0) = 0 with slope 1/2; gelu(-40) = 0 with slope 0; gelu(40) = 40 with slope 1
  const Tensor x = leaf(Tensor({1, 6}, {3, 5, 7, 0, -40, 40})), scale = leaf(Tensor({3}, {2, 2, 10}));
  const Tensor y = geglu(x, scale);
  CHECK(y.values() == std::vector<real>{0, 0, 2800});
  backward({y}, {Tensor({1, 3}, {1, 1, real(0.5)})});
  CHECK(x.grad().values() == std::vector<real>{0, 0, 200, 3, 0, 35});
  CHECK(scale.grad().values() == std::vector<real>{0, 0, 140});
}

TEST_CASE("geglu: gradients equal central differences") {
  for (const Shape& shape : {Shape{1, 2}, Shape{3, 1, 10}, Shape{2, 34}, Shape{6}}) {
    const Tensor x = random_tensor(shape, 1, -2, 2), scale = random_tensor({shape[-1] / 2}, 2);
    CHECK(gradcheck(geglu_of, {x, scale}) < kGradTolerance);
    CHECK(gradcheck([&](const std::vector<Tensor>& in) { return geglu(x, in[0]); }, {scale}) < kGradTolerance);
    CHECK(gradcheck([&](const std::vector<Tensor>& in) { return geglu(in[0], scale); }, {x}) < kGradTolerance);
  }
}

TEST_CASE("geglu: equals the plain ops, and any number of threads gives the same bits") {
  const int64_t N = 2 * kRowBlock + 3, M = 17;
  const Tensor x = random_tensor({N, 2 * M}, 1, -4, 4), scale = random_tensor({M}, 2), dy = random_tensor({N, M}, 3);
  const auto with_gradients = [&](const auto& f) {
    const std::vector<Tensor> in = {leaf(x.clone()), leaf(scale.clone())};
    const Tensor y = f(in);
    backward({y}, {dy});
    return std::vector<Tensor>{y, in[0].grad(), in[1].grad()};
  };
  const std::vector<Tensor> plain = with_gradients(composed), fused = with_gradients(geglu_of);
  for (size_t i = 0; i < plain.size(); ++i) CHECK(relative_error(fused[i], plain[i]) < (kDouble ? 1e-14 : 2e-6));
  check_threads([](const std::vector<Tensor>& in) { return std::vector<Tensor>{geglu_of(in)}; }, {x, scale});
}

TEST_CASE("geglu: errors name wrong arguments") {
  const Tensor scale = Tensor::zeros({2});
  CHECK(error_of([&] {
          geglu(Tensor::zeros({2, 5}), scale);
        }) == "geglu: x has shape [2, 5], but (..., 2 M) is needed");
  CHECK(error_of([&] { geglu(Tensor(), scale); }) == "geglu: x has shape [], but (..., 2 M) is needed");
  CHECK(error_of([&] { geglu(Tensor::zeros({2, 6}), scale); }) == "geglu: scale has shape [2], but [3] is needed");
}
