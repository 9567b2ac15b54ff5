// The tables of benchmarks as CSV files: written while they measure, and read to draw their pictures again.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace scangrad_tools {

// A CSV file, in a folder that is created if necessary. Errors: it cannot be written.
struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using Csv = std::unique_ptr<std::FILE, CloseFile>;
Csv open_csv(const std::string& folder, const std::string& name, const std::string& columns);

// A row of a table whose first column is a mixer and whose other columns are numbers.
struct MixerNumbers {
  std::string mixer;
  std::vector<double> numbers;
};
// Lines that begin with # are comments. Errors: a file that cannot be read, other columns, an unknown mixer, a cell
// that is no positive number, no row.
std::vector<MixerNumbers> read_mixer_table(const std::string& path, const std::string& columns);

}  // namespace scangrad_tools
