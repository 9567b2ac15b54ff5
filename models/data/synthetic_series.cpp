#include "synthetic_series.h"

#include <cmath>

#include "../../core/check.h"
#include "../../core/random.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr int64_t kWidth = SyntheticSeries::kWidth;
using Row = SyntheticSeries::Row;
using Square = std::array<Row, kWidth>;

struct Column {
  const char* name;
  double level;
  double day, day_phase, week, week_phase;  // amplitude and phase of the two cycles
  double noise;                             // standard deviation of e
};
constexpr std::array<Column, kWidth> kColumns = {{
    {"temperature", 12, 5, -2.0, 0.5, 0.3, 0.5},
    {"load", 60, 9, -1.2, 6, 1.0, 1.0},
    {"wind", 7, 1, 0.4, 0, 0, 0.8},
}};
constexpr Square kNext = {{{0.95, 0, -0.02}, {0.5, 0.7, 0}, {0, 0, 0.9}}};  // M

double cycles(int64_t column, int64_t step) {
  const Column& c = kColumns[static_cast<size_t>(column)];
  const double days = 2 * M_PI * static_cast<double>(step) / SyntheticSeries::kSeason;
  return c.level + c.day * std::sin(days + c.day_phase) + c.week * std::sin(days / 7 + c.week_phase);
}

Row times(const Square& m, const Row& v) {
  Row result{};
  for (size_t i = 0; i < kWidth; ++i)
    for (size_t j = 0; j < kWidth; ++j) result[i] += m[i][j] * v[j];
  return result;
}

}  // namespace

Table SyntheticSeries::table(int64_t steps) const {
  check(steps >= 1, "synthetic_series: steps is {}, but at least 1 is needed", steps);
  Table table;
  for (const Column& column : kColumns) table.columns.push_back(column.name);
  Rng rng(seed_);
  Row n{};
  constexpr int64_t kBefore = 500;  // steps after which the start at n = 0 no longer matters
  for (int64_t step = -kBefore; step < steps; ++step) {
    n = times(kNext, n);
    for (size_t i = 0; i < kWidth; ++i) n[i] += kColumns[i].noise * static_cast<double>(rng.normal());
    for (int64_t i = 0; step >= 0 && i < kWidth; ++i)
      table.values.push_back(cycles(i, step) + n[static_cast<size_t>(i)]);
  }
  return table;
}

Row SyntheticSeries::best_forecast(const Table& table, int64_t step, int64_t ahead) {
  Row n;
  for (int64_t i = 0; i < kWidth; ++i)
    n[static_cast<size_t>(i)] = table.values[static_cast<size_t>(step * kWidth + i)] - cycles(i, step);
  for (int64_t k = 0; k < ahead; ++k) n = times(kNext, n);
  for (int64_t i = 0; i < kWidth; ++i) n[static_cast<size_t>(i)] += cycles(i, step + ahead);
  return n;
}

Row SyntheticSeries::least_error(int64_t ahead) {
  Row sum{};
  for (size_t source = 0; source < kWidth; ++source) {
    Row response{};  // k steps after a noise e of one deviation in this column
    response[source] = kColumns[source].noise;
    for (int64_t k = 0; k < ahead; ++k) {
      for (size_t i = 0; i < kWidth; ++i) sum[i] += response[i] * response[i];
      response = times(kNext, response);
    }
  }
  return sum;
}

}  // namespace scangrad::SCANGRAD_PRECISION
