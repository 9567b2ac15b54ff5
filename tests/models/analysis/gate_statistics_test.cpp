#include "../../../models/analysis/gate_statistics.h"

#include "../../testing.h"

using namespace scangrad;

TEST_CASE("gate_statistics: worked by hand") {
  const Tensor gates({1, 2, 4},
                     {real(0.05), real(0.5), real(0.95), real(0.5), real(0.2), real(0.2), real(0.2), real(1)});
  const std::vector<GateStatistics> steps = gate_statistics_of_steps(gates);
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].mean == doctest::Approx(0.5));
  CHECK(steps[0].least == doctest::Approx(0.05));
  CHECK(steps[0].largest == doctest::Approx(0.95));
  CHECK(steps[0].closed == 0.25);
  CHECK(steps[0].open == 0.25);
  CHECK(steps[1].mean == doctest::Approx(0.4));
  CHECK(steps[1].closed == 0);
  const GateStatistics all = gate_statistics(gates, {.closed = 0.3, .open = 0.99});
  CHECK(all.mean == doctest::Approx(0.45));
  CHECK(all.closed == 0.5);
  CHECK(all.open == 0.125);
}

TEST_CASE("gate_statistics: the horizon of a constant gate is that of its closed form") {
  for (const double a : {0.5, 0.9, 0.99}) {
    for (const double level : {std::exp(-1.0), 0.5, 0.01}) {
      const double expected = std::log(level) / std::log(static_cast<double>(static_cast<real>(a)));
      const int64_t T = 600;
      const Tensor horizon = memory_horizon(Tensor::full({1, T, 2}, static_cast<real>(a)), level);
      for (int64_t t = 0; t < T; ++t) {
        const double steps = std::min(expected, static_cast<double>(t + 1));  // those there are
        CHECK(static_cast<double>(horizon.data()[2 * t + 1]) == doctest::Approx(steps).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE("gate_statistics: a horizon counts the steps until a product falls below the level") {
  const int64_t T = 40, E = 3;
  const Tensor keep = random_tensor({2, T, E}, 1, real(0.3), 1);
  const double level = 0.1;
  const Tensor horizon = memory_horizon(keep, level);
  for (int64_t b = 0; b < 2; ++b) {
    for (int64_t t = 0; t < T; ++t) {
      for (int64_t e = 0; e < E; ++e) {
        double product = 1;
        int64_t n = 0;
        while (n <= t && product >= level) product *= static_cast<double>(keep.data()[(b * T + t - n++) * E + e]);
        const auto found = static_cast<double>(horizon.data()[(b * T + t) * E + e]);
        const bool is_reached = product < level;
        CHECK(found <= static_cast<double>(n) + 1e-4);
        CHECK(found > static_cast<double>(is_reached ? n - 1 : n) - 1e-4);
      }
    }
  }
}

TEST_CASE("gate_statistics: a closed gate ends every horizon") {
  Tensor keep = Tensor::full({1, 6, 1}, 1);
  keep.mutable_data()[3] = 0;
  const Tensor horizon = memory_horizon(keep);
  const double shut = 1 / 700.0;
  for (int64_t t = 0; t < 3; ++t) CHECK(horizon.data()[t] == static_cast<real>(t + 1));
  for (int64_t t = 3; t < 6; ++t)
    CHECK(static_cast<double>(horizon.data()[t]) == doctest::Approx(static_cast<double>(t - 3) + shut));
}

TEST_CASE("gate_statistics: the remaining share of the initial state is the product of all gates so far") {
  const Tensor keep({1, 3, 2}, {real(0.5), 1, real(0.5), real(0.25), real(0.1), 0});
  const Tensor left = left_of_start(keep);
  CHECK(relative_error(left, Tensor({1, 3, 2}, {real(0.5), 1, real(0.25), real(0.25), real(0.025), 0})) < 1e-6);
}

TEST_CASE("gate_statistics: similar channels are placed next to each other") {
  // Even channels follow one course, odd ones its opposite with a larger mean; each with another amplitude.
  const int64_t T = 20, E = 12;
  Tensor gates({1, T, E});
  for (int64_t t = 0; t < T; ++t) {
    for (int64_t e = 0; e < E; ++e) {
      const double course = std::sin(static_cast<double>(t * t)), amount = 0.01 * static_cast<double>(e + 1);
      gates.mutable_data()[t * E + e] = static_cast<real>(e % 2 == 0 ? 0.3 + amount * course : 0.6 - amount * course);
    }
  }
  CHECK(channels_by_likeness(gates) == std::vector<int64_t>{10, 8, 6, 4, 2, 0, 1, 3, 5, 7, 9, 11});
  CHECK(channels_by_likeness(Tensor::full({1, 3, 2}, real(0.5))) == std::vector<int64_t>{0, 1});
}

TEST_CASE("gate_statistics: shapes and levels that do not fit are named") {
  CHECK(error_of([] {
          gate_statistics(Tensor::zeros({2, 3}));
        }) == "gate_statistics: gates has shape [2, 3], but (B, T, E) with at least one gate is needed");
  CHECK(error_of([] {
          gate_statistics_of_steps(Tensor::zeros({2, 0, 3}));
        }) == "gate_statistics: gates has shape [2, 0, 3], but (B, T, E) with at least one gate is needed");
  CHECK(error_of([] { left_of_start(Tensor()); }) ==
        "gate_statistics: gates has shape [], but (B, T, E) with at least one gate is needed");
  for (const double level : {0.0, 1.0})
    CHECK(error_of([&] {
            memory_horizon(Tensor::zeros({1, 1, 1}), level);
          }) == "gate_statistics: level is " + std::to_string(static_cast<int>(level)) +
                    ", but more than 0 and less than 1 is needed");
}
