#include "series_task.h"

#include <algorithm>

#include "../../../core/autograd.h"
#include "../../../core/check.h"
#include "../../../core/files/fingerprint.h"
#include "../../../ops/indexing/concat.h"
#include "../../../ops/indexing/slice.h"
#include "../../../ops/losses/mean_squared_error.h"
#include "../../training/batch_parts.h"
#include "simple_forecasts.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

void check_sizes(const SeriesTaskConfig& config) {
  for (const auto& [name, value] : {std::pair("length", config.length), std::pair("horizon", config.horizon)})
    check(value >= 1, "series: {} is {}, but at least 1 is needed", name, value);
  check(config.season >= 0, "series: season is {}, but at least 0 is needed", config.season);
}

// The last step seen before each of the forecasts that are measured.
std::vector<int64_t> origins(const SeriesData& data, Steps part, const SeriesTaskConfig& config) {
  const int64_t all = part.count() - config.horizon + 1, before = steps_before(config);
  check(all >= 1, "series: {} has {} steps to evaluate, but forecasts {} steps ahead need as many", data.name(),
        part.count(), config.horizon);
  check(part.begin >= before, "series: {} has {} steps before those to evaluate, but {} are needed", data.name(),
        part.begin, before);
  const int64_t count = config.validation_windows > 0 ? std::min(config.validation_windows, all) : all;
  std::vector<int64_t> result;
  for (int64_t i = 0; i < count; ++i) result.push_back(part.begin - 1 + i * all / count);
  return result;
}

}  // namespace

int64_t steps_before(const SeriesTaskConfig& config) {
  return std::max(config.length, config.season > 0 ? config.season + 1 : 0);
}

Tensor forecast(const SeriesModel& model, const Tensor& x, State& state, int64_t more, Rng* training) {
  std::vector<Tensor> parts{model(x, state, {}, training)};
  Tensor next = more > 0 ? slice(parts[0], 1, x.size(1) - 1, x.size(1)) : Tensor();
  for (int64_t i = 0; i < more; ++i) {
    next = model(next, state, {}, training);
    parts.push_back(next);
  }
  return more > 0 ? concatenate(parts, 1) : parts[0];
}

SeriesEvaluation evaluate_series(const SeriesModel& model, const SeriesData& data, Steps part,
                                 const SeriesTaskConfig& config) {
  check_sizes(config);
  const BatchParts whole("series", config.batch, 1);
  const NoGrad no_grad;
  const int64_t F = data.width(), H = config.horizon, L = config.length;
  const std::vector<int64_t> all = origins(data, part, config);
  const std::vector<SimpleForecast> simple = simple_forecasts(config.season);
  SeriesEvaluation result{std::ssize(all), ColumnErrors(F), {}};
  for (const SimpleForecast& each : simple) result.simple.emplace_back(each.name, ColumnErrors(F));
  for (size_t first = 0; first < all.size(); first += static_cast<size_t>(config.batch)) {
    const size_t end = std::min(all.size(), first + static_cast<size_t>(config.batch));
    std::vector<int64_t> begins;
    for (size_t i = first; i < end; ++i) begins.push_back(all[i] + 1 - L);
    const auto rows = static_cast<int64_t>(begins.size());
    State state = model.start(rows);
    const Tensor y = forecast(model, data.windows(begins, L), state, H - 1);
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t origin = all[first + static_cast<size_t>(row)];
      for (int64_t ahead = 1; ahead <= H; ++ahead) {
        const real* const said = y.data() + (row * (L + H - 1) + L + ahead - 2) * F;
        for (int64_t column = 0; column < F; ++column) {
          const double truth = data.value(origin + ahead, column);
          result.network.add(column, data.scaling().to_units(static_cast<double>(said[column]), column) - truth);
          for (size_t i = 0; i < simple.size(); ++i)
            result.simple[i].second.add(column, simple[i].at(data, origin, ahead, column) - truth);
        }
      }
    }
  }
  result.network.divide(static_cast<double>(result.windows * H));
  for (auto& [name, errors] : result.simple) errors.divide(static_cast<double>(result.windows * H));
  return result;
}

const std::pair<std::string, ColumnErrors>& SeriesEvaluation::strongest(const Scaling& scaling) const {
  return *std::min_element(simple.begin(), simple.end(), [&](const auto& a, const auto& b) {
    return a.second.standardised(scaling) < b.second.standardised(scaling);
  });
}

Task series_task(const SeriesModel& model, const SeriesData& data, const SeriesTaskConfig& config) {
  check_sizes(config);
  const BatchParts parts("series", config.batch, config.accumulate);
  origins(data, data.validation(), config);  // so that what follows is a number of steps
  const int64_t L = config.length, window = L + config.horizon, windows = data.training().count() - window + 1;
  check(windows >= 1, "series: the training part of {} has {} steps, but a window needs {}", data.name(),
        data.training().count(), window);
  const int64_t rows = parts.rows;
  Task task;
  task.by_loss = true;
  task.data_fingerprint = data.fingerprint();
  task.validation_fingerprint = fingerprint_of(data.validation().begin, data.validation().end, config.length,
                                               config.horizon, config.validation_windows);
  task.has_accuracy = false;
  task.tokens_per_step = static_cast<double>(config.batch * (window - 1));
  task.unit = "time steps";
  task.loss = [&model, &data, config, parts, rows, L, window, windows](int64_t step, int64_t part, Rng& rng) {
    std::vector<int64_t> begins;
    Rng places(config.seed, static_cast<uint64_t>(parts.number(step, part)));
    for (int64_t row = 0; row < rows; ++row) begins.push_back(places.below(windows));
    const Tensor all = data.windows(begins, window);
    State state = model.start(rows);
    const Tensor y = forecast(model, slice(all, 1, 0, L), state, config.horizon - 1, &rng);
    return TaskLoss{mean_squared_error(y, slice(all, 1, 1, window)), 0};
  };
  SeriesTaskConfig judged = config;
  judged.batch = rows;
  task.validate = [&model, &data, judged] {
    const SeriesEvaluation result = evaluate_series(model, data, data.validation(), judged);
    return Evaluation{result.network.standardised(data.scaling()), 0};
  };
  return task;
}

}  // namespace scangrad::SCANGRAD_PRECISION
