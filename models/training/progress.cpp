#include "progress.h"

#include <unistd.h>

#include <algorithm>

#include "../../core/check.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

std::string clock_time(double seconds) {
  constexpr double kMost = 3.6e9 - 1;
  const auto total = static_cast<int64_t>(seconds < kMost ? std::max(0.0, seconds + 0.5) : kMost);  // NaN is most
  const int64_t hours = total / 3600, minutes = total / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, total % 60)
                   : fmt::format("{}:{:02}", minutes, total % 60);
}

std::string short_count(double value) {
  if (value >= 1e6) return fmt::format("{:.1f}M", value / 1e6);
  if (value >= 1e4) return fmt::format("{:.0f}k", value / 1e3);
  return fmt::format("{:.0f}", value);
}

Progress::Progress(std::FILE* out, int64_t first, int64_t steps, const char* unit)
    : out_(out),
      first_(first),
      steps_(steps),
      unit_(unit),
      is_terminal_(out != nullptr && isatty(fileno(out)) != 0),
      start_(Clock::now()) {}

Progress::~Progress() {
  clear();
}

void Progress::clear() {
  if (has_line_) put("\r\033[K");
  has_line_ = false;
}

// Errors are ignored: a full disk under a log, or a closed terminal, must not end the run.
void Progress::put(const std::string& text) {
  std::fputs(text.c_str(), out_);
  std::fflush(out_);
}

void Progress::step(int64_t done, double loss, std::optional<double> accuracy, double grad_norm, double per_second) {
  if (out_ == nullptr) return;
  const Clock::time_point now = Clock::now();
  const int64_t stride = std::max<int64_t>(1, steps_ / 20);
  if (is_terminal_ ? seconds_between(last_, now) < 0.1 : done % stride != 0) return;
  last_ = now;
  const double each = seconds_between(start_, now) / static_cast<double>(done - first_);
  const double left = each * static_cast<double>(steps_ - done);
  clear();
  put(fmt::format("step {}/{}  loss {:.4f}{}  norm {:.3g}  {} {}/s  {} left{}", done, steps_, loss,
                  accuracy ? fmt::format("  accuracy {:.2f} %", 100 * *accuracy) : "", grad_norm,
                  short_count(per_second), unit_, clock_time(left), is_terminal_ ? "" : "\n"));
  has_line_ = is_terminal_;
}

void Progress::say(const std::string& line) {
  if (out_ == nullptr) return;
  clear();
  put(line + "\n");
}

}  // namespace scangrad::SCANGRAD_PRECISION
