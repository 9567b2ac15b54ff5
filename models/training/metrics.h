// The record of a run: metrics.csv for spreadsheets and plots, metrics.jsonl for programs, and an event file for
// TensorBoard. Each line is written and flushed at once, so that a run can be watched. A file that is deleted meanwhile
// starts again with the next line.
//
//   step
//   loss, accuracy             in nats, and a fraction; means over the steps since the previous line, without skipped
//   grad_norm                  steps
//   val_loss, val_accuracy     of a validation after this step
//   lr, tokens_per_s
//   peak_mb                    largest resident memory of the process so far, in 10^6 bytes
//   seconds                    wall-clock time of training so far, earlier validations included
//   skipped                    number of skipped steps so far (--skip-spikes)
//
// A value that was not measured is empty in the CSV and missing in the other files.
//
// Errors: a file that cannot be written (its old content stays) or read; a metrics.csv of another form.
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
  std::optional<double> peak_mb = {};  // set when it is read; write() measures it
  std::optional<double> seconds = {}, skipped = {};
};

class SCANGRAD_API Metrics {
 public:
  static constexpr int64_t kNewRun = -1;
  // Starts the files of a new run in a folder, or appends to them after step `after` of a run that is resumed: lines of
  // later steps are deleted, since these steps are repeated.
  explicit Metrics(const std::string& folder, int64_t after = kNewRun);
  void write(const MetricsRow& measured);
  void sync() const;  // waits until all lines are on the disk

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

// The lines of a folder's metrics.csv. Files of older and newer versions can be read: missing columns are unset,
// unknown columns are ignored. So is an incomplete last line, which is still being written. An empty file has no lines.
SCANGRAD_API std::vector<MetricsRow> read_metrics(const std::string& folder);

// Largest resident memory of this process so far, in MB (10^6 bytes).
SCANGRAD_API double peak_memory_mb();
// From here on it is the largest since this call, where the system allows it.
SCANGRAD_API void restart_peak_memory();

}  // namespace scangrad::SCANGRAD_PRECISION
