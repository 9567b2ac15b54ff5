#include "gate_watch.h"

namespace scangrad::SCANGRAD_PRECISION {
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

}  // namespace scangrad::SCANGRAD_PRECISION
