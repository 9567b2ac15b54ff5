#include "metrics.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "../../core/check.h"
#include "../../core/files/atomic_file.h"
#include "../../core/files/text.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

struct Column {
  const char* name;
  std::optional<double> MetricsRow::*value;
};

constexpr int64_t kMostColumns = 1'000;

// The columns after step, in the order of the CSV. New ones are added at the end, so that the others keep their place.
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
    {"skipped", &MetricsRow::skipped},
};

// The step at the start of a line of either file; -1 for the heading, INT64_MAX for a number that is too large.
int64_t step_of(const std::string& line) {
  const size_t digit = line.find_first_of("0123456789");
  const bool starts_with_step = digit == 0 || (digit != std::string::npos && line.rfind("{\"step\": ", 0) == 0);
  if (!starts_with_step) return -1;
  int64_t step = INT64_MAX;
  std::from_chars(line.data() + digit, line.data() + line.size(), step);
  return step;
}

std::string header() {
  std::string line = "step";
  for (const Column& column : kColumns) line += std::string(",") + column.name;
  return line + "\n";
}

bool is_there(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

// In messages, `place` is the file and the line, here and below.
std::vector<std::string> cells(const std::string& line, const std::string& place) {
  check(std::count(line.begin(), line.end(), ',') < kMostColumns, "metrics: {}: has more than {} columns", place,
        kMostColumns);
  std::vector<std::string> result(1);
  for (const char c : line)
    if (c == ',')
      result.emplace_back();
    else if (c != '\r')
      result.back() += c;
  return result;
}

double number(const std::string& cell, const std::string& column, const std::string& place) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  check(error == std::errc() && end == cell.data() + cell.size(),
        "metrics: {}: column {} is '{}', but a number is needed", place, shortened(column, 80), shortened(cell, 80));
  return value;
}

MetricsRow parse_row(const std::vector<std::string>& names, const std::vector<std::string>& values,
                     const std::string& place) {
  check(values.size() >= names.size(), "metrics: {}: has {} columns, but {} are needed", place, values.size(),
        names.size());
  MetricsRow row;
  const double step = number(values[0], names[0], place);
  check(step >= 0 && step < 1e18, "metrics: {}: column step is '{}', but a number of steps is needed", place,
        shortened(values[0], 80));
  row.step = static_cast<int64_t>(step);
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

void restart_peak_memory() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

Metrics::File Metrics::open_file(const std::string& path, int64_t after) {
  if (after != kNewRun && is_there(path)) {
    std::ifstream in(path);
    std::string kept;
    for (std::string line; std::getline(in, line);)
      if (!in.eof() && step_of(line) <= after) kept += line + "\n";  // without its end a line is incomplete
    check(in.eof() && !in.bad(), "metrics: {} cannot be read", path);
    in.close();
    AtomicFile file(path);
    file.write(kept);
    file.commit();
  }
  File file(std::fopen(path.c_str(), after == kNewRun ? "w" : "a"));
  check(file != nullptr, "metrics: {} cannot be written: {}", path, std::strerror(errno));
  return file;
}

Metrics::Metrics(const std::string& folder, int64_t after)
    : folder_(folder),
      csv_path_(folder + "/metrics.csv"),
      jsonl_path_(folder + "/metrics.jsonl"),
      csv_(open_file(csv_path_, after)),
      jsonl_(open_file(jsonl_path_, after)),
      events_(std::make_unique<EventFile>(folder, after)) {}

void Metrics::append(File& file, const std::string& path, const std::string& text) const {
  if (!is_there(path)) file = open_file(path, kNewRun);
  std::fseek(file.get(), 0, SEEK_END);
  const bool is_new = std::ftell(file.get()) == 0;
  const std::string all = is_new && path == csv_path_ ? header() + text : text;
  const bool written = std::fputs(all.c_str(), file.get()) >= 0 && std::fflush(file.get()) == 0;
  check(written, "metrics: {} cannot be written any more: {}", path, std::strerror(errno));
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
  append(csv_, csv_path_, csv + "\n");
  append(jsonl_, jsonl_path_, json + "}\n");
  if (!is_there(events_->path())) events_ = std::make_unique<EventFile>(folder_, row.step - 1);
  events_->write(row.step, scalars);
}

void Metrics::sync() const {
  for (const auto& [file, path] : {std::pair(&csv_, &csv_path_), std::pair(&jsonl_, &jsonl_path_)}) {
    const bool synced = sync_file(fileno(file->get()));
    check(synced, "metrics: {} cannot be written any more: {}", *path, std::strerror(errno));
  }
  events_->sync();
}

std::vector<MetricsRow> read_metrics(const std::string& folder) {
  const std::string path = folder + "/metrics.csv";
  std::ifstream file(path);
  std::string line;
  check(file.is_open() && (std::getline(file, line) || file.eof()), "metrics: {} cannot be read", path);
  if (file.eof()) return {};
  const std::vector<std::string> names = cells(line, path + ":1");
  check(names[0] == "step", "metrics: {} starts with column '{}', but step is needed", path, shortened(names[0], 80));
  std::vector<MetricsRow> rows;
  // A line without its end is still being written.
  while (std::getline(file, line) && !file.eof()) {
    const std::string place = fmt::format("{}:{}", path, rows.size() + 2);
    rows.push_back(parse_row(names, cells(line, place), place));
  }
  return rows;
}

}  // namespace scangrad::SCANGRAD_PRECISION
