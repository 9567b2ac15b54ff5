#include "../../../../models/tasks/series/simple_forecasts.h"

#include "../../../testing.h"

using namespace scangrad;

namespace {

double said(const std::string& name, int64_t season, int64_t last, int64_t ahead) {
  const SeriesData data({{"a"}, {0, 1, 5, 2, 0, 3, 9, 4, 0, 5}}, "a", {.validation = 0, .test = 0.4});
  for (const SimpleForecast& each : simple_forecasts(season))
    if (each.name == name) return each.at(data, last, ahead, 0);
  FAIL("there is no simple forecast ", name);
  return 0;
}

}  // namespace

TEST_CASE("simple_forecasts: cases worked by hand") {
  CHECK(said("last value", 0, 5, 3) == 3);
  CHECK(said("mean", 0, 5, 3) == doctest::Approx((0 + 1 + 5 + 2 + 0 + 3) / 6.0));
  CHECK(said("trend", 0, 6, 2) == doctest::Approx(9 + 2 * 9 / 6.0));
  CHECK(said("trend", 0, 0, 2) == 0);   // nothing is known of a trend
  CHECK(said("season", 4, 5, 1) == 5);  // step 6 as step 2
  CHECK(said("season", 4, 5, 4) == 3);  // step 9 as step 5
  CHECK(said("season", 2, 5, 3) == 0);  // step 8 as step 4: two seasons back
  CHECK(said("moved season", 4, 5, 1) == 5 + (3 - 1));
  CHECK(said("moved season", 2, 5, 3) == 0 + 2 * (3 - 2));
}

TEST_CASE("simple_forecasts: those of a season are there if there is one") {
  const auto names = [](int64_t season) {
    std::string all;
    for (const SimpleForecast& each : simple_forecasts(season)) all += each.name + ";";
    return all;
  };
  CHECK(names(0) == "last value;mean;trend;");
  CHECK(names(7) == "last value;mean;season;moved season;");
}
