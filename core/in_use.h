// Refuses a second thread: where one thread is in a call, another one gets an error instead of a data race.
//
//   const Use use(params.in_use(), "adamw");      // for the length of the call
//
// Calls of one thread may lie inside each other. Nobody waits: who wants to share a model between threads takes turns
// by a lock of their own.
//
// Errors: Busy, "adamw: another thread is in a call on this model".
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "error.h"

namespace scangrad::SCANGRAD_PRECISION {

// Another thread is in a call: the same one may succeed later.
class SCANGRAD_API Busy : public Error {
 public:
  using Error::Error;
};

class InUse {
 private:
  friend class Use;
  std::atomic<std::thread::id> thread_{};  // that is in a call; that of no thread where none is
  int depth_ = 0;                          // of its calls inside each other
};

class SCANGRAD_API Use {
 public:
  // `unit` begins the message. Null is nothing to use, and nobody is refused.
  Use(std::shared_ptr<InUse> of, const char* unit);
  ~Use();
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  const InUse* of() const { return of_.get(); }

 private:
  std::shared_ptr<InUse> of_;
};

}  // namespace scangrad::SCANGRAD_PRECISION
