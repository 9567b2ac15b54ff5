// The folder of a run: config.json, metrics, weights, the state to resume from, the curve.
//
//   create_run_folder("runs/a", /*force=*/false);     // makes it, with its parents
//   check_resumable("runs/a");                        // or: a run is there to go on from
//   const RunLock lock("runs/a");                     // no other process trains in it as long as this lives; what one
//                                                     // that was killed left unfinished goes
//
// config.json is the last of the files that a run begins with: where it is, there is a run to go on with, whenever the
// process was killed.
//
// On a file system without locks nothing keeps two processes apart, and what was left unfinished stays: it may be
// another's, at work.
//
// Errors, before anything is touched: the path is a file; the folder exists and holds something (say `force` to replace
// what a run leaves there; other files stay); it cannot be written; there is no run to resume; another process trains
// in it; the system cannot tell whether one does.
#pragma once

#include <map>
#include <string>

#include "../../core/real.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API void create_run_folder(const std::string& path, bool force);
SCANGRAD_API void check_resumable(const std::string& path);
// By name, the texts that say what a run is beside its numbers: config.json, and vocab.json or scaling.json where it
// has one. Errors: a file that is there but cannot be read, or is empty.
SCANGRAD_API std::map<std::string, std::string> read_descriptions(const std::string& folder);

class SCANGRAD_API RunLock {
 public:
  explicit RunLock(const std::string& folder);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  int descriptor_;  // of the file "lock": the system lets go of it when the process ends, however it ends
};

}  // namespace scangrad::SCANGRAD_PRECISION
