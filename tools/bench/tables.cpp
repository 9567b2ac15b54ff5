#include "tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <sstream>
#include <system_error>

#include "../../core/check.h"
#include "../../core/files/mapped_file.h"
#include "../../core/files/text.h"
#include "../../nn/mixer.h"

namespace scangrad_tools {

using namespace scangrad;

namespace {

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
  return cells;
}

double number_of(const std::string& cell, const std::string& where) {
  double number = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  const bool is_number = error == std::errc() && end == cell.data() + cell.size();
  check(is_number && std::isfinite(number) && number > 0, "bench: {}: '{}' is given, but a positive number is needed",
        where, printable(shortened(cell, 40)));
  return number;
}

}  // namespace

Csv open_csv(const std::string& folder, const std::string& name, const std::string& columns) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string path = folder + "/" + name + ".csv";
  Csv csv(std::fopen(path.c_str(), "w"));
  check(csv != nullptr, "bench: {} cannot be written", path);
  fmt::print(csv.get(), "{}\n", columns);
  return csv;
}

std::vector<MixerNumbers> read_mixer_table(const std::string& path, const std::string& columns) {
  const auto width = std::ssize(cells_of(columns));
  std::istringstream in(read_text(path));
  std::vector<MixerNumbers> rows;
  bool has_header = false;
  int64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    if (!has_header) {
      check(line == columns, "bench: {}:{}: the columns {} are needed", path, number, columns);
      has_header = true;
      continue;
    }
    const std::string where = fmt::format("{}:{}", path, number);
    const int64_t count = std::count(line.begin(), line.end(), ',') + 1;
    check(count == width, "bench: {}: there are {} cells, but {} are needed", where, count, width);
    std::vector<std::string> cells = cells_of(line);
    cells.resize(static_cast<size_t>(width));            // the last one may be empty
    mixer_row(printable(shortened(cells.front(), 40)));  // throws if there is no such mixer
    rows.push_back({cells[0], {}});
    for (size_t i = 1; i < cells.size(); ++i) rows.back().numbers.push_back(number_of(cells[i], where));
  }
  check(!rows.empty(), "bench: {} has no rows", path);
  return rows;
}

}  // namespace scangrad_tools
