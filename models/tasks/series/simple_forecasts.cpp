#include "simple_forecasts.h"

namespace scangrad::SCANGRAD_PRECISION {

std::vector<SimpleForecast> simple_forecasts(int64_t season) {
  std::vector<SimpleForecast> all{{"last value", [](const SeriesData& data, int64_t last, int64_t,
                                                    int64_t column) { return data.value(last, column); }},
                                  {"mean", [](const SeriesData& data, int64_t, int64_t, int64_t column) {
                                     return data.scaling().mean[static_cast<size_t>(column)];
                                   }}};
  if (season == 0) {
    all.push_back({"trend", [](const SeriesData& data, int64_t last, int64_t ahead, int64_t column) {
                     const double now = data.value(last, column);
                     return last == 0 ? now
                                      : now + static_cast<double>(ahead) * (now - data.value(0, column)) /
                                                  static_cast<double>(last);
                   }});
    return all;
  }
  all.push_back({"season", [season](const SeriesData& data, int64_t last, int64_t ahead, int64_t column) {
                   const int64_t seasons = (ahead + season - 1) / season;
                   return data.value(last + ahead - seasons * season, column);
                 }});
  all.push_back({"moved season", [season](const SeriesData& data, int64_t last, int64_t ahead, int64_t column) {
                   const int64_t seasons = (ahead + season - 1) / season;
                   return data.value(last + ahead - seasons * season, column) +
                          static_cast<double>(seasons) * (data.value(last, column) - data.value(last - season, column));
                 }});
  return all;
}

}  // namespace scangrad::SCANGRAD_PRECISION
