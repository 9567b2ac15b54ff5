#include "../../../models/networks/series_model.h"

#include "../../../nn/training/adamw.h"
#include "../../../ops/arithmetic.h"
#include "../../../ops/indexing/concat.h"
#include "../../../ops/indexing/slice.h"
#include "../../../ops/losses/mean_squared_error.h"
#include "../../../ops/reduce.h"
#include "../../nn/modules.h"

using namespace scangrad;

namespace {

const SeriesModelConfig kSmall{
    .inputs = 2, .outputs = 3, .stack = {.mixer = "mingru", .layers = 2, .dim = 4, .expansion = 1, .kernel = 2}};

SeriesModelConfig with_head(Head head) {
  SeriesModelConfig config = kSmall;
  config.head = head;
  return config;
}

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

TEST_CASE("series_model: gradients through every head equal central differences, padding included") {
  for (const Head head : {Head::kLast, Head::kMean, Head::kStep}) {
    const Params params(4);
    const SeriesModel model(params, with_head(head));
    const Tensor x = leaf(random_tensor({3, 4, 2}, 2));
    const Boundaries at = Boundaries::lengths({4, 1, 2});
    const auto f = [&] {
      State state = model.start(3);
      return model(x, state, at);
    };
    CHECK(check_gradients(params, f, {x}) < (kDouble ? 1e-7 : 5e-2));
  }
}

TEST_CASE("series_model: a head on the whole sequence sees its steps and no padding") {
  // The head's map of a mean is the mean of its maps, so that every step's result tells what the others should be.
  const Tensor x = random_tensor({2, 6, 2}, 1);
  const auto run = [&](Head head, const Tensor& in, const Boundaries& at) {
    const SeriesModel model(Params(4), with_head(head));
    State state = model.start(at.streams(in.size(0)));
    return model(in, state, at);
  };
  const double tolerance = kDouble ? 1e-12 : 1e-5;
  const Tensor steps = run(Head::kStep, x, {});
  CHECK(relative_error(run(Head::kLast, x, {}), slice(steps, 1, 5, 6).reshape({2, 3})) < tolerance);
  CHECK(relative_error(run(Head::kMean, x, {}), scale(sum(steps, 1), real(1) / 6)) < tolerance);
  const auto row = [](const Tensor& all, int64_t b, int64_t begin, int64_t end) {
    return slice(slice(all, 0, b, b + 1), 1, begin, end);
  };
  const Tensor short_last = row(steps, 1, 1, 2).reshape({1, 3}),
               short_mean = scale(sum(row(steps, 1, 0, 2), 1), real(1) / 2);
  const Boundaries padded = Boundaries::lengths({6, 2});
  CHECK(relative_error(slice(run(Head::kLast, x, padded), 0, 1, 2), short_last) < tolerance);
  CHECK(relative_error(slice(run(Head::kMean, x, padded), 0, 1, 2), short_mean) < tolerance);
  const Tensor packed = concatenate({row(x, 0, 0, 6), row(x, 1, 0, 2)}, 1);
  for (const Head head : {Head::kLast, Head::kMean})
    CHECK(relative_error(run(head, packed, Boundaries::packed({0, 6, 8})), run(head, x, padded)) < tolerance);
}

TEST_CASE("series_model: the last of several calls gives the result of one call, for each head") {
  const Tensor x = random_tensor({2, 7, 2}, 1);
  const std::vector<int64_t> lengths = {7, 4};  // row 1 ends inside, and has no steps in the last calls
  for (const Head head : {Head::kLast, Head::kMean}) {
    const SeriesModel model(Params(4), with_head(head));
    State once = model.start(2);
    const Tensor whole = model(x, once, Boundaries::lengths(lengths));
    CHECK(whole.shape() == Shape{2, 3});
    for (const int64_t stride : {1, 3}) {
      State state = model.start(2);
      Tensor y;
      for (int64_t t = 0; t < 7; t += stride) {
        const int64_t end = std::min<int64_t>(t + stride, 7);
        std::vector<int64_t> part;
        for (const int64_t length : lengths) part.push_back(std::clamp<int64_t>(length - t, 0, end - t));
        y = model(slice(x, 1, t, end), state, Boundaries::lengths(part));
      }
      CHECK(relative_error(y, whole) < (kDouble ? 1e-12 : 1e-5));
    }
  }
}

TEST_CASE("series_model: a reset forgets what the head has seen") {
  const Tensor x = random_tensor({1, 6, 2}, 1);
  const Boundaries at = Boundaries::reset(Ids({1, 6}, {0, 0, 0, 1, 0, 0}));
  for (const Head head : {Head::kLast, Head::kMean}) {
    const SeriesModel model(Params(4), with_head(head));
    State state = model.start(1), fresh = model.start(1);
    CHECK(relative_error(model(x, state, at), model(slice(x, 1, 3, 6), fresh)) < (kDouble ? 1e-12 : 1e-5));
  }
}

TEST_CASE("series_model: with residual the head predicts the difference") {
  SeriesModelConfig config = kSmall;
  config.outputs = 2;
  const SeriesModel plain(Params(4), config);
  config.residual = true;
  const SeriesModel model(Params(4), config);
  const Tensor x = random_tensor({2, 5, 2}, 1);
  State a = model.start(2), b = model.start(2);
  CHECK(relative_error(model(x, a), add(plain(x, b), x)) < (kDouble ? 1e-14 : 1e-6));
  config.outputs = 3;
  CHECK(error_of([&] { SeriesModel(Params(4), config); }) ==
        "series_model: residual with 2 inputs and 3 outputs, but as many, and a head at every step, are needed");
}

TEST_CASE("series_model: learns to predict the next value of a wave") {
  const Params params(1);
  const SeriesModel model(params, {.stack = {.mixer = "mingru", .layers = 1, .dim = 16, .expansion = 1}});
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

TEST_CASE("series_model: errors name wrong inputs") {
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
