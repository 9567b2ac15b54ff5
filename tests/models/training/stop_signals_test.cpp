#include "../../../models/training/stop_signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>

#include "../../testing.h"
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

TEST_CASE("stop_signals: the line is printed at the first Ctrl-C, and to a terminal only") {
  const Foreground foreground;
  const int ours = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), before = dup(STDERR_FILENO);
  REQUIRE((ours >= 0 && before >= 0 && grantpt(ours) == 0 && unlockpt(ours) == 0));
  const int terminal = open(ptsname(ours), O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(terminal >= 0);
  dup2(terminal, STDERR_FILENO);
  {
    const StopSignals signals("on it\n"), second("too late\n");
    std::raise(SIGHUP);
    std::raise(SIGINT);
  }
  {
    const StopSignals signals;
    std::raise(SIGINT);
  }
  std::string said(100, ' ');
  const ssize_t count = read(ours, said.data(), said.size());
  CHECK(said.substr(0, count > 0 ? static_cast<size_t>(count) : 0) == "on it\r\n");

  int ends[2];
  REQUIRE(pipe(ends) == 0);
  dup2(ends[1], STDERR_FILENO);
  {
    const StopSignals signals("on it\n");
    std::raise(SIGINT);
    CHECK(signals.came());
  }
  dup2(before, STDERR_FILENO);
  close(ends[1]);
  CHECK(read(ends[0], said.data(), said.size()) == 0);
  for (const int descriptor : {ours, before, terminal, ends[0]}) close(descriptor);
}

TEST_CASE("stop_signals: the old signal handlers are restored at the end") {
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

TEST_CASE("stop_signals: an ignored signal stays ignored") {
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

TEST_CASE("stop_signals: two objects see the same request, and the last one restores the handlers") {
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
