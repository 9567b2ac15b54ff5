#include "text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "utf8.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// Empty if the character needs no escape.
std::string escape(int32_t character) {
  if (character == '\n') return "\\n";
  if (character == '\t') return "\\t";
  if (character == '\r') return "\\r";
  const bool is_control = character < 0x20 || (character >= 0x7F && character < 0xA0);
  if (is_control) return fmt::format("\\x{:02X}", character);
  const bool ends_line = character == 0x2028 || character == 0x2029;
  return ends_line ? fmt::format("\\u{:04X}", character) : "";
}

}  // namespace

int64_t edit_distance(const std::string& a, const std::string& b) {
  const size_t columns = b.size() + 1;
  // Entry (i, j) of a table is the distance between the first i letters of a and the first j of b. Three rows are kept.
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

std::string counted(int64_t count, const std::string& what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string shell_word(const std::string& word) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./+,:@%").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

std::string number_text(double number) {
  return std::isnan(number) ? "nan" : fmt::format("{}", number);
}

std::string printable(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const int32_t character = next_character(text, at);
    if (character < 0) {
      result += fmt::format("\\x{:02X}", static_cast<unsigned char>(text[at++]));
      continue;
    }
    const std::string escaped = escape(character);
    result += escaped.empty() ? text.substr(begin, at - begin) : escaped;
  }
  return result;
}

std::string shortened(std::string_view text, int64_t most) {
  const auto room = static_cast<size_t>(most);
  if (text.size() <= room) return std::string(text);
  const auto is_inside_character = [&](size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
  };
  size_t first = room - room / 2, last = text.size() - room / 2;
  while (first > 0 && is_inside_character(first)) --first;
  while (is_inside_character(last)) ++last;
  return fmt::format("{}...{}", text.substr(0, first), text.substr(last));
}

}  // namespace scangrad::SCANGRAD_PRECISION
