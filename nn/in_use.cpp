#include "in_use.h"

#include <utility>

#include "../core/check.h"

namespace scangrad::SCANGRAD_PRECISION {

Use::Use(std::shared_ptr<InUse> of, const char* unit) : of_(std::move(of)) {
  if (of_ == nullptr) return;
  const std::thread::id self = std::this_thread::get_id();
  std::thread::id found{};
  if (!of_->thread_.compare_exchange_strong(found, self, std::memory_order_acquire) && found != self)
    throw Busy(fmt::format("{}: another thread is in a call on this model", unit));
  ++of_->depth_;
}

Use::~Use() {
  if (of_ != nullptr && --of_->depth_ == 0) of_->thread_.store({}, std::memory_order_release);
}

std::shared_ptr<const void> InUse::enter(const char* unit) {
  return std::make_shared<const Use>(shared_from_this(), unit);
}

}  // namespace scangrad::SCANGRAD_PRECISION
