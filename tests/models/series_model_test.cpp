#include "../../models/series_model.h"

#include "../../nn/adamw.h"
#include "../../ops/mean_squared_error.h"
#include "../../ops/slice.h"
#include "../nn/modules.h"

using namespace scangrad;

namespace {

const SeriesModelConfig kSmall{
    .inputs = 2, .outputs = 3, .stack = {.mixer = "mingru", .layers = 2, .kernel = 2, .options = {.dim = 4}}};

}  // namespace

TEST_CASE("series_model: gradients of every parameter and of the input equal central differences") {
  const Params params(4);
  const SeriesModel model(params, kSmall);
  const Tensor x = leaf(random_tensor({2, 4, 2}, 1)), target = random_tensor({2, 4, 3}, 2);
  const auto f = [&] {
    State state = model.start(2);
    return mean_squared_error(model(x, state), target);
  };
  CHECK(check_gradients(params, f, {x}) < (kDouble ? 1e-7 : 5e-2));
}

TEST_CASE("series_model: the whole series, chunks and single steps agree") {
  const SeriesModel model(Params(4), kSmall);
  const Tensor x = random_tensor({2, 7, 2}, 1);
  State once = model.start(2);
  const Tensor whole = model(x, once);
  CHECK(whole.shape() == Shape{2, 7, 3});
  for (const int64_t stride : {1, 3}) {
    State state = model.start(2);
    for (int64_t t = 0; t < 7; t += stride) {
      const int64_t end = std::min<int64_t>(t + stride, 7);
      CHECK(relative_error(model(slice(x, 1, t, end), state), slice(whole, 1, t, end)) < (kDouble ? 1e-12 : 1e-5));
    }
  }
}

TEST_CASE("series_model: learns what comes next in a wave") {
  const Params params(1);
  const SeriesModel model(params, {.stack = {.mixer = "mingru", .layers = 1, .options = {.dim = 16}}});
  Tensor x({4, 32, 1}), next({4, 32, 1});
  for (int64_t i = 0; i < 4 * 32; ++i) {
    const double phase = 0.4 * static_cast<double>(i % 32) + 1.5 * static_cast<double>(i / 32);
    x.mutable_data()[i] = static_cast<real>(std::sin(phase));
    next.mutable_data()[i] = static_cast<real>(std::sin(phase + 0.4));
  }
  AdamW adam(params, {.lr = 1e-2});
  real loss = 1;
  for (int step = 0; step < 300; ++step) {
    State state = model.start(4);
    const Tensor error = mean_squared_error(model(x, state), next);
    loss = error.item();
    error.backward();
    adam.step();
  }
  CHECK(loss < 5e-3);  // a wave's mean square is 0.5
}

TEST_CASE("series_model: what it cannot read is named") {
  const SeriesModel model(Params(4), kSmall);
  State state = model.start(2);
  CHECK(error_of([&] {
          model(Tensor::zeros({2, 2}), state);
        }) == "series_model: x has shape [2, 2], but (B, T, inputs) with at least one row and step is needed");
  CHECK(error_of([&] {
          model(Tensor::zeros({2, 0, 2}), state);
        }) == "series_model: x has shape [2, 0, 2], but (B, T, inputs) with at least one row and step is needed");
  CHECK(error_of([&] {
          model(Tensor::zeros({3, 5, 2}), state);
        }) == "series_model: state has 2 rows, but the batch has 3 streams");
  CHECK(error_of([&] {
          model(Tensor::zeros({2, 5, 7}), state);
        }) == "affine: x has shape [2, 5, 7], but weight has [4, 2] and needs (..., 2)");
}
