#include "../../models/stop_signals.h"

#include "../testing.h"

using namespace scangrad;

namespace {

int seen = 0;  // signals that came to a handler of the test's own

}  // namespace

TEST_CASE("stop_signals: each signal asks to stop, and a new object has not been asked") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    const StopSignals signals;
    CHECK(!signals.came());
    std::raise(signal);
    CHECK(signals.came());
  }
}

TEST_CASE("stop_signals: a second Ctrl-C ends the process as usual, a second broken pipe does not") {
  const StopSignals signals;
  struct sigaction now {};
  std::raise(SIGINT);
  sigaction(SIGINT, nullptr, &now);
  CHECK((now.sa_handler == SIG_DFL));
  std::raise(SIGPIPE);
  std::raise(SIGPIPE);
  CHECK(signals.came());
}

TEST_CASE("stop_signals: an ignored hang-up stays ignored, and afterwards signals do what they did before") {
  auto* const hang_up = std::signal(SIGHUP, SIG_IGN);
  auto* const terminate = std::signal(SIGTERM, [](int) { ++seen; });
  {
    const StopSignals signals;
    std::raise(SIGHUP);
    CHECK(!signals.came());
    std::raise(SIGTERM);
    CHECK(signals.came());
  }
  CHECK(seen == 0);
  std::raise(SIGTERM);
  CHECK(seen == 1);
  std::signal(SIGHUP, hang_up);
  std::signal(SIGTERM, terminate);
}
