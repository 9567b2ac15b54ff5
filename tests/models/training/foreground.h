// For tests of signals. A process inherits which signals are ignored, for example from a shell or from `trap '' PIPE`.
#pragma once

#include <array>
#include <csignal>

namespace scangrad {

inline constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

// While it exists, signals have their default effect, as in a process in the foreground.
struct Foreground {
  std::array<void (*)(int), kSignals.size()> before;

  Foreground() {
    for (size_t i = 0; i < kSignals.size(); ++i) before[i] = std::signal(kSignals[i], SIG_DFL);
  }
  ~Foreground() {
    for (size_t i = 0; i < kSignals.size(); ++i) std::signal(kSignals[i], before[i]);
  }
  Foreground(const Foreground&) = delete;
  Foreground& operator=(const Foreground&) = delete;
};

}  // namespace scangrad
