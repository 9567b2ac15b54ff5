// For tests of signals, which a process inherits: a shell ignores some of them, `trap '' PIPE` others.
#pragma once

#include <array>
#include <csignal>

namespace scangrad {

inline constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

// While it lives, signals do what they do to a process that was started in the foreground.
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
