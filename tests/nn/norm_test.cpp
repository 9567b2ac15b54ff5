#include "../../nn/norm.h"

#include "../../nn/recompute.h"
#include "../../ops/arithmetic.h"
#include "../../ops/norms/batch_norm.h"
#include "../../ops/norms/layer_norm.h"
#include "../../ops/norms/rms_norm.h"
#include "modules.h"

using namespace scangrad;

namespace {

constexpr NormKind kKinds[] = {NormKind::kRms, NormKind::kTorchRms, NormKind::kLayer, NormKind::kBatch};

Tensor saved(const Params& params, const std::string& name) {
  for (const auto& [known, tensor] : params.saved())
    if (known == name) return tensor;
  return {};
}

}  // namespace

TEST_CASE("norm: every kind starts with scale 1 and has right gradients") {
  for (const int64_t dim : {3, 17}) {
    for (const NormKind kind : kKinds) {
      const Params params(2);
      const Norm norm(params, dim, kind);
      const Tensor x = leaf(random_tensor({2, 3, dim}, 1, 1, 4));
      const Tensor y = norm(x, /*training=*/true);
      double squares = 0;
      for (int64_t i = 0; i < y.numel(); ++i) squares += std::pow(double(y.data()[i]), 2);
      CHECK(squares == doctest::Approx(double(y.numel())).epsilon(1e-3));
      for (const bool training : {false, true})
        CHECK(check_gradients(params, [&] { return norm(x, training); }, {x}) < kGradTolerance);
    }
  }
}

TEST_CASE("norm: each kind equals its op with its parameters") {
  for (const NormKind kind : kKinds) {
    const Params params(2);
    const Norm norm(params, 5, kind);
    for (const Param& param : params.list()) {
      CHECK(param.role == Role::kNorm);
      for (int64_t i = 0; i < 5; ++i) Tensor(param.tensor).mutable_data()[i] += real(0.1) * real(i + 1);
    }
    const auto p = [&](const std::string& name) { return params.find(name).tensor; };
    const Tensor x = scale(random_tensor({2, 3, 5}, 1), real(1e-3));  // small, so that eps counts
    const Tensor y = norm(x, /*training=*/true);
    if (kind == NormKind::kRms) CHECK(same_bits(y, rms_norm(x, p("gamma"), {.eps = 0, .offset = 1})));
    if (kind == NormKind::kTorchRms)
      CHECK(same_bits(y, rms_norm(x, p("weight"), {.eps = real(1.1920928955078125e-7)})));
    if (kind == NormKind::kLayer) CHECK(same_bits(y, layer_norm(x, p("weight"), p("bias"), real(1e-5))));
    if (kind == NormKind::kBatch)
      CHECK(same_bits(y, batch_norm(x, p("weight"), p("bias"), channel_statistics(x), real(1e-5))));
  }
}

TEST_CASE("norm: running statistics follow the batches and are what evaluation uses") {
  const Params params(2);
  const Norm norm(params, 1, NormKind::kBatch);
  // Mean 3, variance 2/3, which is 1 with Bessel's correction.
  const Tensor x = Tensor({1, 3, 1}, {2, 3, 4});
  norm(x, /*training=*/true);
  CHECK(saved(params, "running_mean").item() == doctest::Approx(0.9 * 3));
  CHECK(saved(params, "running_var").item() == doctest::Approx(1));
  norm(x, /*training=*/true);
  CHECK(saved(params, "running_mean").item() == doctest::Approx(0.1 * 2.7 + 0.9 * 3));
  CHECK(saved(params, "batches").item() == 2);

  const Tensor y = norm(x);
  CHECK(saved(params, "batches").item() == 2);
  for (int64_t t = 0; t < 3; ++t) {
    CHECK(double(y.data()[t]) == doctest::Approx((double(t) + 2 - 2.97) / std::sqrt(1 + 1e-5)));
    CHECK(norm(Tensor({1, 1, 1}, {x.data()[t]})).item() == y.data()[t]);
  }
  CHECK(params.count() == 2);
}

TEST_CASE("norm: a batch counts once even if recomputation runs forward twice") {
  const auto run = [](bool again) {
    const Params params(2);
    const Norm norm(params, 3, NormKind::kBatch);
    const Tensor x = leaf(random_tensor({2, 4, 3}, 1));
    const Recomputed f = [&](const std::vector<Tensor>& in, State&, Rng*) {
      return std::vector<Tensor>{norm(in[0], /*training=*/true)};
    };
    State state(2);
    const Tensor y = again ? recompute(f, {x}, state, params.find("weight").tensor)[0] : f({x}, state, nullptr)[0];
    backward({y}, {random_tensor(y.shape(), 3)});
    return std::vector<Tensor>{y.detach(), x.grad(), saved(params, "running_mean"), saved(params, "running_var"),
                               saved(params, "batches")};
  };
  const std::vector<Tensor> plain = run(false), again = run(true);
  for (size_t i = 0; i < plain.size(); ++i) CHECK(same_bits(again[i], plain[i]));
  CHECK(again.back().item() == 1);
}

TEST_CASE("norm: errors name wrong sizes") {
  for (const NormKind kind : kKinds)
    CHECK(error_of([&] { Norm(Params(1), 0, kind); }) == "norm: dim is 0, but at least 1 is needed");
  const Norm rms(Params(1), 3), layer(Params(1), 3, NormKind::kLayer), batch(Params(1), 3, NormKind::kBatch);
  const Tensor x = Tensor::zeros({2, 4});
  CHECK(error_of([&] { rms(x); }) == "rms_norm: weight has shape [3], but [4] is needed");
  CHECK(error_of([&] { layer(x); }) == "layer_norm: weight has shape [3], but [4] is needed");
  CHECK(error_of([&] { batch(x); }) == "batch_norm: weight has shape [3], but [4] is needed");
  CHECK(error_of([&] { batch(x, true); }) == "batch_norm: weight has shape [3], but [4] is needed");
  CHECK(error_of([&] {
          batch(Tensor::zeros({1, 1, 3}), true);
        }) == "batch_norm: x has shape [1, 1, 3], but statistics need (..., D) with at least two rows");
}
