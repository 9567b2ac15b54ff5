#include "progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "../../core/check.h"
#include "../../core/files/text.h"

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

std::string about_time(double seconds) {
  if (!(seconds < 3.6e9)) return "years";
  const auto rounded = [seconds](double unit) { return static_cast<int64_t>(seconds / unit + 0.5); };
  if (rounded(60) < 1) return "less than a minute";
  if (rounded(60) < 120) return "about " + counted(rounded(60), "minute");
  if (rounded(3600) < 48) return "about " + counted(rounded(3600), "hour");
  return "about " + counted(rounded(86'400), "day");
}

std::string short_count(double value) {
  if (value >= 1e6) return fmt::format("{:.1f}M", value / 1e6);
  if (value >= 1e4) return fmt::format("{:.0f}k", value / 1e3);
  return fmt::format("{:.0f}", value);
}

size_t terminal_columns(std::FILE* out) {
  winsize size{};
  return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : 80;
}

std::string fitting_line(std::vector<LinePart> parts, size_t columns) {
  for (;;) {
    std::string line;
    for (const LinePart& part : parts) line += (line.empty() ? "" : "  ") + part.text;
    const auto least = std::max_element(parts.begin(), parts.end(),
                                        [](const LinePart& a, const LinePart& b) { return a.dropped < b.dropped; });
    if (line.size() <= columns || least->dropped == 0) return line.substr(0, columns);
    parts.erase(least);
  }
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

size_t Progress::columns() const {
  if (!is_terminal_) return std::numeric_limits<size_t>::max();
  return terminal_columns(out_) - 1;  // after a full line some terminals move to the next one
}

// If the terminal has become narrower, the line fills several rows of it: go up to the first one.
void Progress::clear() {
  if (shown_ > 0) {
    const size_t rows_above = (shown_ - 1) / (columns() + 1);
    put((rows_above > 0 ? fmt::format("\033[{}A", rows_above) : std::string()) + "\r\033[J");
  }
  shown_ = 0;
}

// Errors are ignored: a full disk under a log, or a closed terminal, must not end the run.
void Progress::put(const std::string& text) {
  std::fputs(text.c_str(), out_);
  std::fflush(out_);
}

void Progress::say_estimate(int64_t done, Clock::time_point now) {
  if (measured_from_ == 0) {
    measured_from_ = done;
    measured_since_ = now;
  }
  const double seconds = seconds_between(measured_since_, now);
  if (said_estimate_ || seconds < 1 || done == measured_from_) return;
  said_estimate_ = true;
  const double all = seconds / static_cast<double>(done - measured_from_) * static_cast<double>(steps_ - first_);
  if (all >= 30) say(about_time(all));
}

void Progress::step(int64_t done, double loss, std::optional<double> accuracy, double grad_norm, double per_second) {
  if (out_ == nullptr) return;
  const Clock::time_point now = Clock::now();
  say_estimate(done, now);
  const int64_t stride = std::max<int64_t>(1, steps_ / 20);
  if (is_terminal_ ? seconds_between(last_, now) < 0.1 : done % stride != 0) return;
  last_ = now;
  const double each = seconds_between(start_, now) / static_cast<double>(done - first_);
  const double left = each * static_cast<double>(steps_ - done);
  clear();
  std::vector<LinePart> parts{{fmt::format("step {}/{}", done, steps_), 0}, {fmt::format("loss {:.4f}", loss), 1}};
  if (accuracy) parts.push_back({fmt::format("accuracy {:.2f} %", 100 * *accuracy), 3});
  parts.push_back({fmt::format("norm {:.3g}", grad_norm), 5});
  parts.push_back({fmt::format("{} {}/s", short_count(per_second), unit_), 4});
  parts.push_back({fmt::format("{} left", clock_time(left)), 2});
  const std::string line = fitting_line(parts, columns());
  put(line + (is_terminal_ ? "" : "\n"));
  shown_ = is_terminal_ ? line.size() : 0;
}

void Progress::say(const std::string& line) {
  if (out_ == nullptr) return;
  clear();
  put(line + "\n");
}

}  // namespace scangrad::SCANGRAD_PRECISION
