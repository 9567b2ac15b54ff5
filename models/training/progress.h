// The progress of a training run: one line that is updated in place on a terminal, else a plain line from time to time.
// A line that cannot be written is lost; this is no error.
//
//   step 1200/5000  loss 0.0213  accuracy 99.31 %  norm 0.08  231k tokens/s  1:42 left
//
// After a second of steps, a run of half a minute or more says once how long all of its steps take: "about 4 minutes".
//
// On a terminal that is too narrow for the line, the least important parts are missing: first the norm, then the speed,
// the accuracy, the time left, and the loss. The width is read again for each line, because it may change.
#pragma once

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

// "2:05" or "1:02:05"; "999999:59:59" stands for anything longer, and for NaN.
SCANGRAD_API std::string clock_time(double seconds);
// "less than a minute", "about 1 minute", "about 4 minutes", "about 3 hours", "about 2 days".
SCANGRAD_API std::string about_time(double seconds);
// "950", "231k", "1.5M".
SCANGRAD_API std::string short_count(double value);

// A part of a line. Of two parts the one with the higher number is dropped first; 0 is never dropped.
struct LinePart {
  std::string text;
  int dropped = 0;
};
// The width of the terminal that `out` writes to; 80 if it is not a terminal, or one that does not know its width.
SCANGRAD_API size_t terminal_columns(std::FILE* out);
// The parts with two spaces between them, without those for which `columns` is too few; cut if even one is too long.
SCANGRAD_API std::string fitting_line(std::vector<LinePart> parts, size_t columns);

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
  size_t columns() const;  // of the terminal now
  void say_estimate(int64_t done, std::chrono::steady_clock::time_point now);
  void clear();
  void put(const std::string& text);

  std::FILE* out_;
  int64_t first_, steps_;
  const char* unit_;
  bool is_terminal_;
  size_t shown_ = 0;  // length of the line on the terminal; 0: there is none
  std::chrono::steady_clock::time_point start_, last_{};
  int64_t measured_from_ = 0;  // the first step that was done; it took longer, because memory was new
  std::chrono::steady_clock::time_point measured_since_{};
  bool said_estimate_ = false;
};

}  // namespace scangrad::SCANGRAD_PRECISION
