#include "metrics.h"

#include <sys/resource.h>

#include <array>
#include <cmath>
#include <utility>

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

std::FILE* create(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  check(file != nullptr, "metrics: {} cannot be written", path);
  return file;
}

}  // namespace

double peak_memory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;  // the kernel counts in KiB
}

Metrics::Metrics(const std::string& folder)
    : folder_(folder),
      csv_(create(folder + "/metrics.csv")),
      jsonl_(create(folder + "/metrics.jsonl")),
      events_(folder) {
  std::string header = "step";
  for (const auto& [name, value] : columns({})) header += std::string(",") + name;
  fmt::print(csv_.get(), "{}\n", header);
}

void Metrics::write(const MetricsRow& row) {
  std::string csv = fmt::format("{}", row.step), json = fmt::format("{{\"step\": {}", row.step);
  std::vector<std::pair<std::string, double>> scalars;
  for (const auto& [name, value] : columns(row)) {
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

}  // namespace scangrad::inline SCANGRAD_PRECISION
