// Turns the signals that would end a process into a request to stop, so that a loop can save its work first.
//
//   const StopSignals signals;
//   while (!signals.came()) ...
//
//   SIGINT (Ctrl-C), SIGTERM     a second one ends the process as usual
//   SIGHUP                       the terminal is closed
//   SIGPIPE                      the reader of an output has ended; comes again with every line written
//
// A signal that is ignored stays ignored: shells do so for background processes, and nohup for SIGHUP.
//
// The current work may take a while: at the first Ctrl-C a line can be printed, if standard error is a terminal.
//
// Signals belong to the process: several objects at a time, in any threads, see the same request. The first object
// starts without a request. When the last one is destroyed, signals do again what they did before.
#pragma once

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API StopSignals {
 public:
  // `text` is that line, or null for none. It must outlive the object; of several objects the first one decides.
  explicit StopSignals(const char* text = nullptr);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  bool came() const;
};

}  // namespace scangrad::SCANGRAD_PRECISION
