// The record of a run: metrics.csv for spreadsheets and plots, metrics.jsonl for programs, and an event file for
// TensorBoard. A line is written and flushed as it comes, so that a run can be watched. A file that somebody takes away
// begins again with the next line.
//
// Columns: step, loss, accuracy, val_loss, val_accuracy, grad_norm, lr, tokens_per_s, peak_mb, seconds, skipped. Losses
// are in nats, accuracies fractions, peak_mb the process's largest resident memory so far, seconds the wall-clock time
// of training so far, validations included, skipped the steps left out so far. What was not measured at a step is left
// empty in the CSV and out of the others. Training columns are means over the steps since the last line that were not
// left out.
//
// Errors: a file that cannot be written (what is in it stays) or read; a metrics.csv that is none.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "event_file.h"

namespace scangrad::SCANGRAD_PRECISION {

struct MetricsRow {
  int64_t step = 0;  // training steps done
  std::optional<double> loss, accuracy, val_loss, val_accuracy, grad_norm, lr, tokens_per_s;
  std::optional<double> peak_mb = {};  // written as it is at that moment, whatever stands here
  std::optional<double> seconds = {}, skipped = {};
};

class SCANGRAD_API Metrics {
 public:
  static constexpr int64_t kAnew = -1;
  // Starts the files in a folder, or goes on after step `after`: lines of later steps, which will be taken again, go.
  explicit Metrics(const std::string& folder, int64_t after = kAnew);
  void write(const MetricsRow& measured);
  void sync() const;  // afterwards what was written is on the disk

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, Close>;
  static File open_file(const std::string& path, int64_t after);
  void append(File& file, const std::string& path, const std::string& text) const;

  std::string folder_, csv_path_, jsonl_path_;
  File csv_, jsonl_;
  std::unique_ptr<EventFile> events_;
};

// The lines of a folder's metrics.csv. Columns that it lacks stay empty, and those without a known name are passed
// over: files of older and newer versions can be read. A last line that is still being written is passed over, too,
// and a file without any is one of a run that has just begun.
SCANGRAD_API std::vector<MetricsRow> read_metrics(const std::string& folder);

// Largest resident memory of this process so far, in MB (10^6 bytes).
SCANGRAD_API double peak_memory_mb();

}  // namespace scangrad::SCANGRAD_PRECISION
