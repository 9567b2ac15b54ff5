#include "simple_forecasts.h"

namespace scangrad::SCANGRAD_PRECISION {

namespace {

double trend(const SeriesData& data, int64_t last, int64_t ahead, int64_t column) {
  const double now = data.value(last, column);
  if (last == 0) return now;
  return now + static_cast<double>(ahead) * (now - data.value(0, column)) / static_cast<double>(last);
}

}  // namespace

std::vector<SimpleForecast> simple_forecasts(int64_t season) {
  std::vector<SimpleForecast> all;
  all.push_back({"last value", [](const SeriesData& data, int64_t last, int64_t, int64_t column) {
                   return data.value(last, column);
                 }});
  all.push_back({"mean", [](const SeriesData& data, int64_t, int64_t, int64_t column) {
                   return data.scaling().mean[static_cast<size_t>(column)];
                 }});
  if (season == 0) {
    all.push_back({"trend", trend});
    return all;
  }
  const auto seasons = [season](int64_t ahead) { return (ahead + season - 1) / season; };  // back to what was seen
  const auto before = [=](const SeriesData& data, int64_t last, int64_t ahead, int64_t column) {
    return data.value(last + ahead - seasons(ahead) * season, column);
  };
  all.push_back({"season", before});
  all.push_back({"moved season", [=](const SeriesData& data, int64_t last, int64_t ahead, int64_t column) {
                   const double change = data.value(last, column) - data.value(last - season, column);
                   return before(data, last, ahead, column) + static_cast<double>(seasons(ahead)) * change;
                 }});
  return all;
}

}  // namespace scangrad::SCANGRAD_PRECISION
