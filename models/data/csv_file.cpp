#include "csv_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <string_view>

#include "../../core/check.h"
#include "../../core/files/atomic_file.h"
#include "../../core/files/mapped_file.h"
#include "../../core/files/text.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

constexpr size_t kMostColumns = 10'000;
constexpr std::string_view kMark = "\xEF\xBB\xBF";  // byte order mark, which some programs write before UTF-8

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Unset if the cell is not a number. The result may be infinite or NaN.
std::optional<double> parse_number(std::string_view cell) {
  if (cell.size() > 1 && cell[0] == '+' && cell[1] != '-') cell.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (cell.empty() || error != std::errc() || end != cell.data() + cell.size()) return {};
  return value;
}

// `place` is file and line in messages.
void split(std::vector<std::string>& cells, std::string_view line, const std::string& place) {
  cells.clear();
  for (size_t at = 0; at <= line.size(); ++at) {
    while (at < line.size() && (line[at] == ' ' || line[at] == '\t')) ++at;
    std::string cell;
    if (at < line.size() && line[at] == '"') {
      for (++at;; ++at) {
        check(at < line.size(), "csv: {}: a quote has no end", place);
        const bool is_quote = line[at] == '"';
        if (is_quote && (at + 1 == line.size() || line[at + 1] != '"')) break;
        if (is_quote) ++at;  // two quotes mean one
        cell += line[at];
      }
      ++at;
    }
    check(cells.size() < kMostColumns, "csv: {}: has more than {} columns, but .npy can hold any number", place,
          kMostColumns);
    const size_t comma = std::min(line.find(',', at), line.size());
    cell += line.substr(at, comma - at);
    cells.emplace_back(trimmed(cell));
    at = comma;
  }
}

// The cell as messages show it.
std::string shown(const std::string& cell) {
  constexpr size_t kMost = 40;
  return cell.size() > kMost ? cell.substr(0, kMost) + "..." : cell;
}

std::string heading(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    const bool is_plain = !name.empty() && !name.starts_with(kMark) && name.find_first_of(",\"\n") == std::string::npos;
    std::string quoted;
    for (const char c : name) quoted += c == '"' ? "\"\"" : std::string(1, c);
    text += (&name == &names.front() ? "" : ",") + (is_plain ? name : '"' + quoted + '"');
  }
  return text;
}

double number(const std::string& cell, const std::string& column, const std::string& place) {
  const std::optional<double> value = parse_number(cell);
  check(!cell.empty() && !(value && std::isnan(*value)),
        "csv: {}: column {} is missing; every value is needed, fill it in or leave the row out", place, column);
  check(value && std::isfinite(*value), "csv: {}: column {} is '{}', but a number is needed", place, column,
        shown(cell));
  return *value;
}

}  // namespace

std::vector<std::string> numbered_columns(int64_t count) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < count; ++i) names.push_back(std::to_string(i));
  return names;
}

std::vector<int64_t> find_columns(const std::vector<std::string>& columns, const std::vector<std::string>& wanted,
                                  const std::string& name) {
  std::vector<int64_t> found(wanted.empty() ? columns.size() : 0);
  std::iota(found.begin(), found.end(), 0);
  for (const std::string& each : wanted) {
    const auto at = std::find(columns.begin(), columns.end(), each);
    check(at != columns.end(), "table: {} has no column '{}'; the nearest is '{}'", name, each, nearest(each, columns));
    found.push_back(at - columns.begin());
  }
  return found;
}

Table read_csv(const std::string& path, const std::vector<std::string>& wanted) {
  const MappedFile file(path);
  std::string_view rest = file.text();
  if (rest.substr(0, kMark.size()) == kMark) rest.remove_prefix(kMark.size());

  Table table;
  std::vector<int64_t> taken;  // columns of the file
  std::vector<std::string> cells, names;
  for (int64_t number_of_line = 1; !rest.empty(); ++number_of_line) {
    const size_t length = std::min(rest.find('\n'), rest.size());
    const std::string_view line = trimmed(rest.substr(0, length));
    rest.remove_prefix(std::min(length + 1, rest.size()));
    if (line.empty()) continue;
    const std::string place = fmt::format("{}:{}", path, number_of_line);
    split(cells, line, place);
    if (names.empty()) {
      const bool is_heading =
          std::none_of(cells.begin(), cells.end(), [](const std::string& cell) { return parse_number(cell); });
      names = is_heading ? cells : numbered_columns(static_cast<int64_t>(cells.size()));
      taken = find_columns(names, wanted, path);
      for (const int64_t column : taken) table.columns.push_back(names[static_cast<size_t>(column)]);
      const size_t lines = 2 + static_cast<size_t>(std::count(rest.begin(), rest.end(), '\n'));
      // A number needs at least two bytes, its comma included.
      table.values.reserve(std::min(lines * taken.size(), (line.size() + rest.size()) / 2 + 2));
      if (is_heading) continue;
    }
    check(cells.size() == names.size(), "csv: {}: has {} columns, but {} are needed", place, cells.size(),
          names.size());
    for (size_t i = 0; i < taken.size(); ++i)
      table.values.push_back(number(cells[static_cast<size_t>(taken[i])], table.columns[i], place));
  }
  check(!table.values.empty(), "csv: {} holds no numbers", path);
  return table;
}

void save_csv(const std::string& path, const Table& table) {
  AtomicFile file(path);
  std::string text;
  // Names that are numbers would be read as the first row, so columns without names get no heading.
  if (table.columns != numbered_columns(table.width())) text += heading(table.columns) + "\n";
  for (int64_t row = 0; row < table.rows(); ++row) {
    for (int64_t column = 0; column < table.width(); ++column)
      text +=
          fmt::format("{}{}", column == 0 ? "" : ",", table.values[static_cast<size_t>(row * table.width() + column)]);
    text += "\n";
  }
  file.write(text);
  file.commit();
}

}  // namespace scangrad::SCANGRAD_PRECISION
