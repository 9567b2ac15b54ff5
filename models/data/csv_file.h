// Tables of numbers as text: one line for each row, cells between commas.
//
//   const Table table = read_csv("data.csv");
//   table.values[row * table.width() + column]
//
// A first line without a single number names the columns; else they are called 0, 1, 2, ... Cells may stand in double
// quotes and between spaces; lines may end as in DOS; empty lines count for nothing. Nothing is guessed: a cell that is
// no number, or a missing one, is an error that names file, line and column.
//
//   read_csv("data.csv", {"load", "temperature"})       // these columns, in this order; the others may hold anything
//
// Errors: a file that cannot be read, no rows, rows of different widths, cells without a finite number, a quote without
// end, a column that is not there, more than 10,000 columns.
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

// The names of columns that have none.
SCANGRAD_API std::vector<std::string> numbered_columns(int64_t count);
// Where each of the wanted columns stands; all of them where none is named. `name` is of the table, for the message.
SCANGRAD_API std::vector<int64_t> find_columns(const std::vector<std::string>& columns,
                                               const std::vector<std::string>& wanted, const std::string& name);

SCANGRAD_API Table read_csv(const std::string& path, const std::vector<std::string>& wanted = {});
// With a line of names, unless they are 0, 1, 2, ... Names and numbers read back as they are.
SCANGRAD_API void save_csv(const std::string& path, const Table& table);

}  // namespace scangrad::SCANGRAD_PRECISION
