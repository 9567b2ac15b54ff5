#include "metrics.h"

#include <sys/resource.h>

#include <charconv>
#include <cmath>
#include <fstream>

#include "../core/atomic_file.h"
#include "../core/check.h"

namespace scangrad::inline SCANGRAD_PRECISION {
namespace {

struct Column {
  const char* name;
  std::optional<double> MetricsRow::*value;
};

// Those after step, in the order of the CSV. New ones go to the end, where they disturb nobody who counts columns.
constexpr Column kColumns[] = {
    {"loss", &MetricsRow::loss},
    {"accuracy", &MetricsRow::accuracy},
    {"val_loss", &MetricsRow::val_loss},
    {"val_accuracy", &MetricsRow::val_accuracy},
    {"grad_norm", &MetricsRow::grad_norm},
    {"lr", &MetricsRow::lr},
    {"tokens_per_s", &MetricsRow::tokens_per_s},
    {"peak_mb", &MetricsRow::peak_mb},
    {"seconds", &MetricsRow::seconds},
};

// The step that a line of either file begins with; -1 for the heading.
int64_t step_of(const std::string& line) {
  const size_t digit = line.find_first_of("0123456789");
  const bool starts_with_step = digit == 0 || line.rfind("{\"step\": ", 0) == 0;
  return starts_with_step ? std::stoll(line.substr(digit)) : -1;
}

std::FILE* open_file(const std::string& path, int64_t after) {
  if (after != Metrics::kAnew) {
    std::ifstream in(path);
    std::string kept;
    for (std::string line; std::getline(in, line);)
      if (!in.eof() && step_of(line) <= after) kept += line + "\n";  // a line without an end was never whole
    in.close();
    AtomicFile file(path);
    file.write(kept);
    file.commit();
  }
  std::FILE* const file = std::fopen(path.c_str(), after == Metrics::kAnew ? "w" : "a");
  check(file != nullptr, "metrics: {} cannot be written", path);
  return file;
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> result(1);
  for (const char c : line)
    if (c == ',')
      result.emplace_back();
    else if (c != '\r')
      result.back() += c;
  return result;
}

// `place` is file and line, for the message.
double number(const std::string& cell, const std::string& column, const std::string& place) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  check(error == std::errc() && end == cell.data() + cell.size(),
        "metrics: {}: column {} is '{}', but a number is needed", place, column, cell);
  return value;
}

MetricsRow parse_row(const std::vector<std::string>& names, const std::vector<std::string>& values,
                     const std::string& place) {
  check(values.size() >= names.size(), "metrics: {}: has {} columns, but {} are needed", place, values.size(),
        names.size());
  MetricsRow row;
  row.step = static_cast<int64_t>(number(values[0], names[0], place));
  for (const Column& column : kColumns)
    for (size_t i = 1; i < names.size(); ++i)
      if (names[i] == column.name && !values[i].empty()) row.*column.value = number(values[i], names[i], place);
  return row;
}

}  // namespace

double peak_memory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;  // the kernel counts in KiB
}

Metrics::Metrics(const std::string& folder, int64_t after)
    : folder_(folder),
      csv_(open_file(folder + "/metrics.csv", after)),
      jsonl_(open_file(folder + "/metrics.jsonl", after)),
      events_(folder, after) {
  std::fseek(csv_.get(), 0, SEEK_END);
  if (std::ftell(csv_.get()) > 0) return;  // it goes on; a file that was taken away begins again
  std::string header = "step";
  for (const Column& column : kColumns) header += std::string(",") + column.name;
  fmt::print(csv_.get(), "{}\n", header);
}

void Metrics::write(const MetricsRow& measured) {
  MetricsRow row = measured;
  row.peak_mb = peak_memory_mb();
  std::string csv = fmt::format("{}", row.step), json = fmt::format("{{\"step\": {}", row.step);
  std::vector<std::pair<std::string, double>> scalars;
  for (const auto& [name, member] : kColumns) {
    const std::optional<double>& value = row.*member;
    csv += value ? fmt::format(",{:.6g}", *value) : ",";
    if (value && std::isfinite(*value)) json += fmt::format(", \"{}\": {:.6g}", name, *value);
    if (value) scalars.emplace_back(name, *value);
  }
  fmt::print(csv_.get(), "{}\n", csv);
  fmt::print(jsonl_.get(), "{}}}\n", json);
  const bool written = std::fflush(csv_.get()) == 0 && std::fflush(jsonl_.get()) == 0;
  check(written, "metrics: {} cannot be written any more", folder_);
  events_.write(row.step, scalars);
}

std::vector<MetricsRow> read_metrics(const std::string& folder) {
  const std::string path = folder + "/metrics.csv";
  std::ifstream file(path);
  std::string line;
  check(static_cast<bool>(std::getline(file, line)), "metrics: {} cannot be read", path);
  const std::vector<std::string> names = cells(line);
  check(names[0] == "step", "metrics: {} starts with column '{}', but step is needed", path, names[0]);
  std::vector<MetricsRow> rows;
  // A line without an end is not whole yet.
  while (std::getline(file, line) && !file.eof())
    rows.push_back(parse_row(names, cells(line), fmt::format("{}:{}", path, rows.size() + 2)));
  return rows;
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
