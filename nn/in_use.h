// Allows one thread at a time: while one thread uses a model, a call from another thread throws an error instead of
// causing a data race.
//
//   const Use use(params.in_use(), "adamw");      // until the end of the scope
//
// Calls of one thread may be nested. No call waits: threads that share a model need a mutex of their own.
//
// An InUse is also a guard of leaf tensors (core/autograd.h). Params sets it for every parameter, so backward() to a
// parameter counts as a call on the model.
//
// Errors: Busy, "adamw: another thread is in a call on this model".
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "../core/autograd.h"
#include "../core/error.h"

namespace scangrad::SCANGRAD_PRECISION {

// Another thread uses the model. The same call may succeed later.
class SCANGRAD_API Busy : public Error {
 public:
  using Error::Error;
};

class SCANGRAD_API InUse : public Guard, public std::enable_shared_from_this<InUse> {
 public:
  std::shared_ptr<const void> enter(const char* unit) override;

 private:
  friend class Use;
  std::atomic<std::thread::id> thread_{};  // the thread that is in a call; the id of no thread if none is
  int depth_ = 0;                          // its nested calls
};

class Use {
 public:
  // `unit` begins the message. With null there is nothing to use, and no thread is refused.
  Use(std::shared_ptr<InUse> of, const char* unit) : of_(std::move(of)) {
    if (of_ == nullptr) return;
    const std::thread::id self = std::this_thread::get_id();
    std::thread::id found{};
    if (!of_->thread_.compare_exchange_strong(found, self, std::memory_order_acquire) && found != self)
      throw Busy(unit + std::string(": another thread is in a call on this model"));
    ++of_->depth_;
  }
  ~Use() {
    if (of_ != nullptr && --of_->depth_ == 0) of_->thread_.store({}, std::memory_order_release);
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  std::shared_ptr<InUse> of_;
};

inline std::shared_ptr<const void> InUse::enter(const char* unit) {
  return std::make_shared<const Use>(shared_from_this(), unit);
}

}  // namespace scangrad::SCANGRAD_PRECISION
