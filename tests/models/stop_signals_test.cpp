#include "../../models/stop_signals.h"

#include <csignal>
#include <optional>

#include "../testing.h"
#include "foreground.h"

using namespace scangrad;

namespace {

int seen = 0;  // signals that came to a handler of the test's own

}  // namespace

TEST_CASE("stop_signals: each signal asks to stop, and a new object has not been asked") {
  const Foreground foreground;
  for (const int signal : kSignals) {
    const StopSignals signals;
    CHECK(!signals.came());
    std::raise(signal);
    CHECK(signals.came());
  }
}

TEST_CASE("stop_signals: a second Ctrl-C ends the process as usual, a second broken pipe does not") {
  const Foreground foreground;
  const StopSignals signals;
  struct sigaction now {};
  std::raise(SIGINT);
  sigaction(SIGINT, nullptr, &now);
  CHECK((now.sa_handler == SIG_DFL));
  std::raise(SIGPIPE);
  std::raise(SIGPIPE);
  CHECK(signals.came());
}

TEST_CASE("stop_signals: afterwards signals do what they did before") {
  const Foreground foreground;
  std::signal(SIGTERM, [](int) { ++seen; });
  {
    const StopSignals signals;
    std::raise(SIGTERM);
    CHECK(signals.came());
  }
  CHECK(seen == 0);
  std::raise(SIGTERM);
  CHECK(seen == 1);
  seen = 0;
}

TEST_CASE("stop_signals: one that is ignored stays ignored") {
  const Foreground foreground;
  for (const int signal : kSignals) {
    std::signal(signal, SIG_IGN);
    {
      const StopSignals signals;
      std::raise(signal);
      CHECK(!signals.came());
    }
    CHECK((std::signal(signal, SIG_DFL) == SIG_IGN));
  }
}

TEST_CASE("stop_signals: two objects see the same request, and the last one gives signals back, in whatever order") {
  const Foreground foreground;
  std::signal(SIGTERM, [](int) { ++seen; });
  for (const bool first_dies_first : {true, false}) {
    std::optional<StopSignals> first(std::in_place);
    std::raise(SIGHUP);
    std::optional<StopSignals> second(std::in_place);  // what came is not forgotten
    CHECK(first->came());
    CHECK(second->came());
    (first_dies_first ? first : second).reset();
    std::raise(SIGTERM);
    CHECK(seen == 0);
    CHECK((first ? first : second)->came());
    first.reset();
    second.reset();
    std::raise(SIGTERM);
    CHECK(seen == 1);
    seen = 0;
    const StopSignals next;
    CHECK(!next.came());
  }
}
