// Tables of numbers as text: one line for each row, cells between commas.
//
//   const Table table = read_csv("data.csv");
//   table.values[row * table.width() + column]
//
// If no cell of the first line is a number, it names the columns; otherwise their names are 0, 1, 2, ... Cells may have
// double quotes and spaces around them; lines may end with \r\n; empty lines are ignored. Nothing is guessed: a cell
// that is missing or not a number is an error, which names file, line and column.
//
//   read_csv("data.csv", {"load", "temperature"})       // these columns, in this order; the others may hold anything
//
// Errors: a file that cannot be read, no rows, rows of different widths, cells without a finite number, a quote that is
// not closed, an unknown column, more than 10,000 columns.
#pragma once

#include <string>
#include <vector>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

struct Table {
  std::vector<std::string> columns;
  std::vector<double> values;  // row by row
  int64_t width() const { return static_cast<int64_t>(columns.size()); }
  int64_t rows() const { return static_cast<int64_t>(values.size()) / width(); }
};

// Names for columns without names: 0, 1, 2, ...
SCANGRAD_API std::vector<std::string> numbered_columns(int64_t count);
// The index of each wanted column; of all columns if `wanted` is empty. `name` is the table's name in messages.
SCANGRAD_API std::vector<int64_t> find_columns(const std::vector<std::string>& columns,
                                               const std::vector<std::string>& wanted, const std::string& name);

SCANGRAD_API Table read_csv(const std::string& path, const std::vector<std::string>& wanted = {});
// Begins with a line of names, unless they are 0, 1, 2, ... Reading the file gives the same names and numbers.
SCANGRAD_API void save_csv(const std::string& path, const Table& table);

}  // namespace scangrad::SCANGRAD_PRECISION
