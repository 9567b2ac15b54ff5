// The folder of a run: config.json, metrics, weights, the state to resume from, the curve.
//
//   create_run_folder("runs/a", /*force=*/false);     // makes it, with its parents
//   check_resumable("runs/a");                        // or: it holds a run that can be resumed
//   const RunLock lock("runs/a");                     // while this lives, no other process trains in it; removes
//                                                     // unfinished files of a process that was killed
//
// config.json is written last of the files that a run begins with: where it exists, there is a run to resume, whenever
// the process was killed.
//
// On a file system without locks nothing keeps two processes apart, and unfinished files stay: they may be of another
// process that is still running.
//
// Errors, before anything is touched: the path is a file; the folder exists and holds something (`force` replaces the
// files of a run; other files stay); it cannot be written; there is no run to resume; another process trains in it; the
// system cannot tell whether one does.
#pragma once

#include <string>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API void create_run_folder(const std::string& path, bool force);
SCANGRAD_API void check_resumable(const std::string& path);

// Whether a process trains in the folder now. False where the system cannot tell.
SCANGRAD_API bool is_locked(const std::string& folder);

class SCANGRAD_API RunLock {
 public:
  explicit RunLock(const std::string& folder);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  int descriptor_;  // of the file "lock": the system frees the lock when the process ends, however it ends
};

}  // namespace scangrad::SCANGRAD_PRECISION
