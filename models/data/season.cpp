#include "season.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kMostSteps = 20'000, kMostLags = 2'000, kMostColumns = 16;
constexpr int64_t kMostSeasons = 4;  // K
constexpr double kLeastDrop = 0.2, kNearlyTheLargest = 0.85;

// A column without its straight line (least squares).
std::vector<double> without_line(const SeriesData& data, Steps part, int64_t column) {
  const int64_t n = part.count();
  const double middle = static_cast<double>(n - 1) / 2;
  double slope = 0, squares = 0;
  for (int64_t t = 0; t < n; ++t) {
    const double at = static_cast<double>(t) - middle;
    slope += at * data.value(part.begin + t, column);
    squares += at * at;
  }
  std::vector<double> x;
  for (int64_t t = 0; t < n; ++t)
    x.push_back(data.value(part.begin + t, column) - slope / squares * (static_cast<double>(t) - middle));
  return x;
}

// Adds v[lag] of a column, in relation to its mean over the lags. A constant column adds nothing.
void add_differences(std::vector<double>& v, const std::vector<double>& x) {
  std::vector<double> its(v.size());
  double mean = 0;
  for (size_t lag = 1; lag < v.size(); ++lag) {
    double sum = 0;
    for (size_t t = lag; t < x.size(); ++t) sum += (x[t] - x[t - lag]) * (x[t] - x[t - lag]);
    its[lag] = sum / static_cast<double>(x.size() - lag);
    mean += its[lag] / static_cast<double>(v.size() - 1);
  }
  const auto [least, most] = std::minmax_element(x.begin(), x.end());
  if (*most - *least <= 1e-9 * std::max(std::fabs(*most), std::fabs(*least))) return;
  for (size_t lag = 1; lag < v.size(); ++lag) v[lag] += its[lag] / mean;
}

int64_t seasons_within(int64_t lags, int64_t season) {
  return std::min(lags / season, kMostSeasons);
}

// sums[lag] = v[1] + ... + v[lag].
double drop_at(const std::vector<double>& v, const std::vector<double>& sums, int64_t season) {
  const int64_t K = seasons_within(std::ssize(v) - 1, season);
  double drop = 0;
  for (int64_t k = 1; k <= K; ++k) {
    const auto begin = static_cast<size_t>((k - 1) * season), end = static_cast<size_t>(k * season);
    const double between = (sums[end - 1] - sums[begin]) / static_cast<double>(season - 1);
    if (between > 0) drop += (1 - v[end] / between) / static_cast<double>(K);
  }
  return drop;
}

}  // namespace

int64_t find_season(const SeriesData& data, Steps part) {
  part.begin = std::max(part.begin, part.end - kMostSteps);
  const int64_t lags = std::min(part.count() / 3, kMostLags);
  if (lags < 3) return 0;
  std::vector<double> v(static_cast<size_t>(lags) + 1);
  for (int64_t column = 0; column < std::min(data.width(), kMostColumns); ++column)
    add_differences(v, without_line(data, part, column));
  std::vector<double> sums(v.size()), drop(v.size());
  std::partial_sum(v.begin(), v.end(), sums.begin());
  for (int64_t season = 2; season <= lags; ++season) drop[static_cast<size_t>(season)] = drop_at(v, sums, season);
  const double largest = *std::max_element(drop.begin(), drop.end());
  if (largest < kLeastDrop) return 0;
  const auto first =
      std::find_if(drop.begin(), drop.end(), [&](double each) { return each >= kNearlyTheLargest * largest; });
  const int64_t around = (first - drop.begin()) / 10 + 1;  // the peak that `first` is on
  const int64_t season = std::max_element(first, first + std::min(drop.end() - first, around + 1)) - drop.begin();
  const double noise = 6 / std::sqrt(static_cast<double>(seasons_within(lags, season) * part.count()));
  return drop[static_cast<size_t>(season)] < std::max(kLeastDrop, noise) ? 0 : season;
}

}  // namespace scangrad::SCANGRAD_PRECISION
