#include "observer.h"

#include <utility>

namespace scangrad::SCANGRAD_PRECISION {
namespace {

thread_local Observer* newest_of_thread = nullptr;

}  // namespace

Observer* Observer::newest() {
  return newest_of_thread;
}

Observer::Observer() : before_(std::exchange(newest_of_thread, this)) {}

// Observers may end in any order.
Observer::~Observer() {
  Observer** link = &newest_of_thread;
  while (*link != this) link = &(*link)->before_;
  *link = before_;
}

}  // namespace scangrad::SCANGRAD_PRECISION
