#include "metrics.h"

#include <sys/resource.h>

#include <array>
#include <cmath>
#include <fstream>
#include <utility>

#include "../core/atomic_file.h"
#include "../core/check.h"

namespace scangrad::inline SCANGRAD_PRECISION {
namespace {

using Column = std::pair<const char*, std::optional<double>>;

std::array<Column, 8> columns(const MetricsRow& row) {
  return {{{"loss", row.loss},
           {"accuracy", row.accuracy},
           {"val_loss", row.val_loss},
           {"val_accuracy", row.val_accuracy},
           {"grad_norm", row.grad_norm},
           {"lr", row.lr},
           {"tokens_per_s", row.tokens_per_s},
           {"peak_mb", peak_memory_mb()}}};
}

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
      if (step_of(line) <= after) kept += line + "\n";
    in.close();
    AtomicFile file(path);
    file.write(kept);
    file.commit();
  }
  std::FILE* const file = std::fopen(path.c_str(), after == Metrics::kAnew ? "w" : "a");
  check(file != nullptr, "metrics: {} cannot be written", path);
  return file;
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
      jsonl_(open_file(folder + "/metrics.jsonl", after)) {
  if (after != kAnew) return;
  std::string header = "step";
  for (const auto& [name, value] : columns({})) header += std::string(",") + name;
  fmt::print(csv_.get(), "{}\n", header);
}

void Metrics::write(const MetricsRow& row) {
  std::string csv = fmt::format("{}", row.step), json = fmt::format("{{\"step\": {}", row.step);
  for (const auto& [name, value] : columns(row)) {
    csv += value ? fmt::format(",{:.6g}", *value) : ",";
    if (value && std::isfinite(*value)) json += fmt::format(", \"{}\": {:.6g}", name, *value);
  }
  fmt::print(csv_.get(), "{}\n", csv);
  fmt::print(jsonl_.get(), "{}}}\n", json);
  const bool written = std::fflush(csv_.get()) == 0 && std::fflush(jsonl_.get()) == 0;
  check(written, "metrics: {} cannot be written any more", folder_);
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
