#include "../../../../models/tasks/series/series_task.h"

#include "../../../../models/training/metrics.h"
#include "../../../../ops/indexing/slice.h"
#include "../../../../ops/losses/mean_squared_error.h"
#include "../../../nn/modules.h"
#include "../../../temporary_folder.h"

using namespace scangrad;

namespace {

SeriesModelConfig model_config(int64_t columns, int64_t dim = 8) {
  return {.inputs = columns, .outputs = columns, .residual = true, .stack = {.layers = 1, .dim = dim, .expansion = 2}};
}

// Two waves of 8 steps, one of which also rises.
Table waves(int64_t steps) {
  Table table{{"a", "b"}, {}};
  for (int64_t t = 0; t < steps; ++t) {
    const double phase = 2 * M_PI * static_cast<double>(t % 8) / 8;
    table.values.push_back(10 + 3 * std::sin(phase));
    table.values.push_back(100 * std::cos(phase));
  }
  return table;
}

const ColumnErrors& simple(const SeriesEvaluation& result, const std::string& name) {
  const auto at =
      std::find_if(result.simple.begin(), result.simple.end(), [&](const auto& each) { return each.first == name; });
  REQUIRE(at != result.simple.end());
  return at->second;
}

}  // namespace

TEST_CASE("series_task: a forecast feeds each prediction back as the next input") {
  const SeriesModel model(Params(3), model_config(2));
  const Tensor x = random_tensor({2, 5, 2}, 1);
  State state = model.start(2), by_hand = model.start(2);
  const Tensor y = forecast(model, x, state, 3);
  CHECK(y.shape() == Shape{2, 8, 2});
  Tensor said;
  for (int64_t t = 0; t < 8; ++t) {
    said = model(t < 5 ? slice(x, 1, t, t + 1) : said, by_hand);
    CHECK(relative_error(slice(y, 1, t, t + 1), said) < (kDouble ? 1e-12 : 1e-5));
  }
  State again = model.start(2);
  CHECK(same_bits(forecast(model, x, again, 0), slice(y, 1, 0, 5)));
}

TEST_CASE("series_task: the gradient flows through predictions that were fed back") {
  const Params params(3);
  const SeriesModel model(params, model_config(1, 3));
  const Tensor x = leaf(random_tensor({2, 3, 1}, 1)), target = random_tensor({2, 6, 1}, 2);
  const auto f = [&] {
    State state = model.start(2);
    return mean_squared_error(forecast(model, x, state, 3), target);
  };
  CHECK(check_gradients(params, f, {x}) < (kDouble ? 1e-7 : 5e-2));
}

TEST_CASE("series_task: a network with output zero has the error of repeating the last value") {
  const Params params(3);
  const SeriesModel model(params, model_config(2));
  for (const char* name : {"head.weight", "head.bias"}) {
    Tensor tensor = params.find(name).tensor;
    tensor.copy_from(Tensor::zeros(tensor.shape()));
  }
  const SeriesData data(waves(60), "waves", {.validation = 0.2, .test = 0.2});
  for (const int64_t batch : {1, 5, 100}) {
    const SeriesTaskConfig config{.length = 10, .horizon = 3, .season = 8, .batch = batch};
    const SeriesEvaluation result = evaluate_series(model, data, data.test(), config);
    CHECK(result.windows == 10);
    for (size_t column = 0; column < 2; ++column) {
      CHECK(result.network.squared[column] ==
            doctest::Approx(simple(result, "last value").squared[column]).epsilon(1e-5));
      CHECK(result.network.absolute[column] ==
            doctest::Approx(simple(result, "last value").absolute[column]).epsilon(1e-5));
      CHECK(simple(result, "season").squared[column] < 1e-20);  // a whole wave before everything was as it is
    }
  }
}

TEST_CASE("series_task: the baselines are those worked by hand") {
  const SeriesModel model(Params(3), model_config(1));
  Table table{{"a"}, {0, 1, 0, 2, 0, 3, 0, 4, 0, 5}};
  const SeriesData data(table, "a", {.validation = 0, .test = 0.4});
  // Seen to step 5 and to step 6; forecast 6, 7, 8 and 7, 8, 9.
  const SeriesEvaluation result =
      evaluate_series(model, data, data.test(), {.length = 4, .horizon = 3, .season = 2, .batch = 2});
  CHECK(result.windows == 2);
  // From 3: 0, 4, 0. From 0: 4, 0, 5.
  CHECK(simple(result, "last value").squared[0] == doctest::Approx((9 + 1 + 9 + 16 + 0 + 25) / 6.0));
  CHECK(simple(result, "last value").absolute[0] == doctest::Approx((3 + 1 + 3 + 4 + 0 + 5) / 6.0));
  // From steps 4, 5, 4: 0, 3, 0. From steps 5, 6, 5: 3, 0, 3.
  CHECK(simple(result, "season").squared[0] == doctest::Approx((0 + 1 + 0 + 1 + 0 + 4) / 6.0));
  const SeriesEvaluation one =
      evaluate_series(model, data, data.test(), {.length = 4, .horizon = 3, .batch = 2, .validation_windows = 1});
  CHECK(one.windows == 1);
  CHECK(simple(one, "last value").squared[0] == doctest::Approx((9 + 1 + 9) / 3.0));
  CHECK(one.simple.size() == 3);
}

TEST_CASE("series_task: learns to forecast waves, and writes no accuracy") {
  const TemporaryFolder folder;
  const SeriesData data(waves(200), "waves", {});
  const Params params(3);
  const SeriesModel model(params, model_config(2));
  const SeriesTaskConfig config{.length = 16, .horizon = 4, .season = 8, .batch = 8};
  const TrainResult trained = train({.steps = 200, .lr = 1e-2, .min_lr = 1e-3, .eval_every = 100, .log_every = 100},
                                    params, series_task(model, data, config), {.folder = folder.path.string()});
  CHECK(trained.best.loss < 0.02);
  const SeriesEvaluation result = evaluate_series(model, data, data.test(), config);
  CHECK(result.network.standardised(data.scaling()) < 0.03 * simple(result, "last value").standardised(data.scaling()));
  CHECK(result.strongest(data.scaling()).first == "season");
  for (const MetricsRow& row : read_metrics(folder.path.string())) {
    CHECK(row.loss.has_value());
    CHECK(row.val_loss.has_value());
    CHECK(!row.accuracy.has_value());
    CHECK(!row.val_accuracy.has_value());
  }
}

TEST_CASE("series_task: a loss is a pure function of step and part") {
  const SeriesData data(waves(100), "waves", {});
  const SeriesModel model(Params(3), model_config(2));
  const Task task = series_task(model, data, {.length = 8, .horizon = 2, .batch = 4, .accumulate = 2});
  CHECK(task.data_fingerprint == data.fingerprint());
  const auto loss = [&](int64_t step, int64_t part) {
    Rng rng(1);
    return task.loss(step, part, rng).loss.item();
  };
  CHECK(loss(3, 1) == loss(3, 1));
  CHECK(loss(3, 1) != loss(3, 0));
  CHECK(loss(3, 1) != loss(2, 1));
  CHECK(task.tokens_per_step == 4 * 9);
}

TEST_CASE("series_task: validation does not depend on the number of batch parts") {
  const SeriesData data(waves(100), "waves", {});
  const SeriesModel model(Params(3), model_config(2));
  const auto validate = [&](int64_t accumulate) {
    return series_task(model, data, {.length = 8, .batch = 6, .accumulate = accumulate}).validate().loss;
  };
  for (const int64_t accumulate : {2, 3, 6}) CHECK(validate(accumulate) == doctest::Approx(validate(1)).epsilon(1e-5));
}

TEST_CASE("series_task: errors name sizes that are too small") {
  const SeriesData data(waves(40), "waves", {});
  const SeriesModel model(Params(3), model_config(2));
  const auto refused = [&](const SeriesTaskConfig& config) {
    return error_of([&] { series_task(model, data, config); });
  };
  CHECK(refused({.length = 0}) == "series: length is 0, but at least 1 is needed");
  CHECK(refused({.length = 4, .horizon = 0}) == "series: horizon is 0, but at least 1 is needed");
  CHECK(refused({.length = 4, .season = -1}) == "series: season is -1, but at least 0 is needed");
  CHECK(refused({.length = 4, .batch = 3, .accumulate = 2}) ==
        "series: batch is 3, but 1 to 4194304 and a multiple of accumulate (2) is needed");
  CHECK(refused({.length = 32, .batch = 2}) ==
        "series: the training part of waves has 32 steps, but a window needs 33");
  CHECK(refused({.length = INT64_MAX, .horizon = 4, .batch = 2}) ==
        "series: waves has 32 steps before those to evaluate, but 9223372036854775807 are needed");
  CHECK(refused({.length = 4, .horizon = 5, .batch = 2}) ==
        "series: waves has 4 steps to evaluate, but forecasts 5 steps ahead need as many");
  CHECK(refused({.length = 4, .season = 32, .batch = 2}) ==
        "series: waves has 32 steps before those to evaluate, but 33 are needed");
}
