// The progress of a training run: one line that is updated in place on a terminal, else a plain line from time to time.
// A line that cannot be written is lost; this is no error.
//
//   step 1200/5000  loss 0.0213  accuracy 99.31 %  norm 0.08  231k tokens/s  1:42 left
#pragma once

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

// "2:05" or "1:02:05"; "999999:59:59" stands for anything longer, and for NaN.
SCANGRAD_API std::string clock_time(double seconds);
// "950", "231k", "1.5M".
SCANGRAD_API std::string short_count(double value);

class SCANGRAD_API Progress {
 public:
  // For steps first + 1 ... steps. `unit` is what the speed counts. Prints nothing if `out` is null.
  Progress(std::FILE* out, int64_t first, int64_t steps, const char* unit = "tokens");
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Prints at most ten times a second on a terminal; elsewhere twenty times in a run.
  void step(int64_t done, double loss, std::optional<double> accuracy, double grad_norm, double per_second);
  // Prints a line that stays.
  void say(const std::string& line);

 private:
  void clear();
  void put(const std::string& text);

  std::FILE* out_;
  int64_t first_, steps_;
  const char* unit_;
  bool is_terminal_;
  bool has_line_ = false;
  std::chrono::steady_clock::time_point start_, last_{};
};

}  // namespace scangrad::SCANGRAD_PRECISION
