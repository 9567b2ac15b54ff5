#include "text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace scangrad::inline SCANGRAD_PRECISION {

int64_t edit_distance(const std::string& a, const std::string& b) {
  const size_t columns = b.size() + 1;
  // Three rows of the table whose entry (i, j) is the distance of the first i letters of a to the first j of b.
  std::vector<int64_t> earlier(columns), before(columns), row(columns);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    std::swap(earlier, before);
    std::swap(before, row);
    row[0] = static_cast<int64_t>(i);
    for (size_t j = 1; j < columns; ++j) {
      row[j] = std::min({before[j] + 1, row[j - 1] + 1, before[j - 1] + (a[i - 1] != b[j - 1])});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], earlier[j - 2] + 1);
    }
  }
  return row.back();
}

std::string nearest(const std::string& name, const std::vector<std::string>& candidates) {
  std::string best;
  int64_t smallest = -1;
  for (const std::string& candidate : candidates) {
    const int64_t distance = edit_distance(name, candidate);
    if (smallest >= 0 && distance >= smallest) continue;
    best = candidate;
    smallest = distance;
  }
  return best;
}

std::string joined(const std::vector<std::string>& words, const std::string& separator) {
  std::string text;
  for (const std::string& word : words) text += (&word == &words.front() ? "" : separator) + word;
  return text;
}

std::string number_text(double number) {
  return std::isnan(number) ? "nan" : fmt::format("{}", number);
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
