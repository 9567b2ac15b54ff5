#include "gate_watch.h"

namespace scangrad::inline SCANGRAD_PRECISION {
namespace {

thread_local GateWatch* newest = nullptr;

}  // namespace

GateWatch::GateWatch() : before_(newest) {
  newest = this;
}

GateWatch::~GateWatch() {
  newest = before_;
}

GateWatch* GateWatch::active() {
  return newest;
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
