#include "../../../models/data/synthetic_series.h"

#include "../../testing.h"

using namespace scangrad;

TEST_CASE("synthetic_series: equal seeds give equal series, different seeds different ones") {
  const Table a = SyntheticSeries(1).table(50), b = SyntheticSeries(1).table(80), c = SyntheticSeries(2).table(50);
  CHECK(a.columns == std::vector<std::string>{"temperature", "load", "wind"});
  CHECK(a.rows() == 50);
  CHECK(std::equal(a.values.begin(), a.values.end(), b.values.begin()));
  CHECK(a.values != c.values);
}

TEST_CASE("synthetic_series: the best forecasts have the documented errors") {
  const int64_t steps = 40'000;
  const Table table = SyntheticSeries(3).table(steps);
  for (const int64_t ahead : {1, 5, 24}) {
    SyntheticSeries::Row squares{};
    for (int64_t step = 0; step + ahead < steps; ++step) {
      const SyntheticSeries::Row best = SyntheticSeries::best_forecast(table, step, ahead);
      for (size_t i = 0; i < best.size(); ++i) {
        const double error = best[i] - table.values[static_cast<size_t>(step + ahead) * best.size() + i];
        squares[i] += error * error / static_cast<double>(steps - ahead);
      }
    }
    const SyntheticSeries::Row least = SyntheticSeries::least_error(ahead);
    for (size_t i = 0; i < squares.size(); ++i) CHECK(squares[i] == doctest::Approx(least[i]).epsilon(0.08));
  }
}

TEST_CASE("synthetic_series: the error one step ahead is the noise alone, and grows") {
  const SyntheticSeries::Row one = SyntheticSeries::least_error(1), two = SyntheticSeries::least_error(2);
  CHECK(one[0] == doctest::Approx(0.25));
  CHECK(one[1] == doctest::Approx(1));
  CHECK(one[2] == doctest::Approx(0.64));
  CHECK(two[0] == doctest::Approx(0.25 * (1 + 0.95 * 0.95) + 0.64 * 0.02 * 0.02));
  CHECK(two[1] == doctest::Approx(1 + 0.7 * 0.7 + 0.25 * 0.5 * 0.5));
  CHECK(two[2] == doctest::Approx(0.64 * (1 + 0.9 * 0.9)));
}

TEST_CASE("synthetic_series: a series without steps is refused") {
  CHECK(error_of([] { SyntheticSeries(1).table(0); }) == "synthetic_series: steps is 0, but at least 1 is needed");
}
