#include "stop_signals.h"

namespace scangrad::inline SCANGRAD_PRECISION {
namespace {

volatile std::sig_atomic_t requested = 0;

}  // namespace

StopSignals::StopSignals() {
  requested = 0;
}

bool StopSignals::came() const {
  return requested != 0;
}

StopSignals::Caught::Caught(int signal, int flags) : signal_(signal) {
  struct sigaction action {};
  action.sa_handler = [](int) { requested = 1; };
  action.sa_flags = flags | SA_RESTART;
  sigaction(signal, &action, &before_);
  if (signal == SIGHUP && before_.sa_handler == SIG_IGN) sigaction(signal, &before_, nullptr);
}

StopSignals::Caught::~Caught() {
  sigaction(signal_, &before_, nullptr);
}

}  // namespace scangrad::inline SCANGRAD_PRECISION
