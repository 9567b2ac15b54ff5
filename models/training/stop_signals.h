// Turns the signals that would end a process into a request to stop, which a loop can obey once its work is saved.
//
//   const StopSignals signals;
//   while (!signals.came()) ...
//
// Ctrl-C and SIGTERM, of which a second one ends the process as usual; SIGHUP; and SIGPIPE, which may come with every
// line that is said to an output that is gone. One that is ignored stays so, as a shell has it for what runs in the
// background, or nohup.
//
// Work may take a while to come to an end: a line can be given that is said at the first Ctrl-C, where standard error
// is a terminal.
//
// Signals are the process's: several objects at a time, in any threads, see the same request. The first one begins
// without a request; when the last one dies, in whatever order, signals do what they did before the first.
#pragma once

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API StopSignals {
 public:
  // `text` is that line, null: none, and must stay; of several objects that of the first counts.
  explicit StopSignals(const char* text = nullptr);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  bool came() const;
};

}  // namespace scangrad::SCANGRAD_PRECISION
