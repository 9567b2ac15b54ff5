#include "../../../models/data/season.h"

#include <cmath>

#include "../../../core/random.h"
#include "../../../models/data/synthetic_series.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

// One column: f(t) and noise of this deviation (uniform).
template <class F>
SeriesData series(int64_t steps, double noise, F f) {
  Table table{{"a"}, {}};
  Rng rng(1);
  for (int64_t t = 0; t < steps; ++t) {
    const double uniform = static_cast<double>(rng.word()) / 0x1p32 - 0.5;
    table.values.push_back(f(static_cast<double>(t)) + noise * std::sqrt(12) * uniform);
  }
  return SeriesData(table, "a", {.validation = 0, .test = 0});
}

int64_t found(const SeriesData& data) {
  return find_season(data, data.training());
}

double wave(double t, double season) {
  return std::sin(2 * M_PI * t / season);
}

}  // namespace

TEST_CASE("season: the length of a wave is found, also with noise, a trend, and a shape that is no sine") {
  for (const double season : {3.0, 7.0, 12.0, 24.0, 52.0}) {
    INFO(season);
    const auto steps = static_cast<int64_t>(12 * season);
    CHECK(found(series(steps, 0, [=](double t) { return wave(t, season); })) == season);
    CHECK(found(series(steps, 0.3, [=](double t) { return wave(t, season) + 0.05 * t; })) == season);
    CHECK(found(series(steps, 0.1, [=](double t) { return std::fmod(t, season) == 1 ? 5.0 : 0.0; })) == season);
  }
  CHECK(found(series(2'000, 0.2, [](double t) { return wave(t, 24) + 1e-6 * t * t + std::sqrt(t); })) == 24);
}

TEST_CASE("season: a day inside a week is the season, if the days are alike") {
  const auto days = [](double weekend) {
    return series(24 * 70, 0.1, [=](double t) {
      const bool is_weekend = std::fmod(std::floor(t / 24), 7) >= 5;
      return wave(t, 24) * (is_weekend ? weekend : 1);
    });
  };
  CHECK(found(days(1)) == 24);
  CHECK(found(days(-1)) == 168);
}

TEST_CASE("season: noise, lines, curves and constants have none") {
  CHECK(found(series(300, 1, [](double) { return 0.0; })) == 0);
  CHECK(found(series(5'000, 1, [](double) { return 0.0; })) == 0);
  CHECK(found(series(300, 0, [](double t) { return 3 * t; })) == 0);
  CHECK(found(series(300, 0.01, [](double t) { return t * t; })) == 0);
  CHECK(found(series(300, 0, [](double) { return 7.0; })) == 0);
  CHECK(found(series(8, 0, [](double t) { return wave(t, 4); })) == 0);  // too few steps to tell
}

TEST_CASE("season: of the made-up series it is the week, after which both of its cycles repeat") {
  const SeriesData data(SyntheticSeries(/*seed=*/1).table(10'000), "made up", {});
  CHECK(found(data) == 7 * SyntheticSeries::kSeason);
}

TEST_CASE("season: only the given steps are read, and constant columns do not count") {
  Table table{{"a", "b"}, {}};
  for (int64_t t = 0; t < 400; ++t) {
    table.values.push_back(1);
    table.values.push_back(wave(static_cast<double>(t), t < 200 ? 8 : 5));
  }
  const SeriesData data(table, "two", {.validation = 0, .test = 0});
  CHECK(find_season(data, {0, 200}) == 8);
  CHECK(find_season(data, {200, 400}) == 5);
}
