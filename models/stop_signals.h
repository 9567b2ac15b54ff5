// Turns the signals that would end a process into a request to stop, which a loop can obey once its work is saved.
//
//   const StopSignals signals;
//   while (!signals.came()) ...
//
// Ctrl-C and SIGTERM, of which a second one ends the process as usual; SIGHUP, unless it is ignored as under nohup; and
// SIGPIPE, which may come with every line that is said to an output that is gone. When the object dies, signals do what
// they did before. They are the process's: several objects at a time see the same request.
#pragma once

#include <csignal>

#include "../core/real.h"

namespace scangrad::inline SCANGRAD_PRECISION {

class SCANGRAD_API StopSignals {
 public:
  StopSignals();

  bool came() const;

 private:
  class Caught {
   public:
    Caught(int signal, int flags);
    ~Caught();
    Caught(const Caught&) = delete;
    Caught& operator=(const Caught&) = delete;

   private:
    int signal_;
    struct sigaction before_ {};
  };
  static constexpr int kOnce = static_cast<int>(SA_RESETHAND);
  Caught interrupt_{SIGINT, kOnce}, terminate_{SIGTERM, kOnce}, hang_up_{SIGHUP, 0}, pipe_{SIGPIPE, 0};
};

}  // namespace scangrad::inline SCANGRAD_PRECISION
