#include "../../core/in_use.h"

#include <thread>

#include "../testing.h"

using namespace scangrad;

namespace {

// The message that another thread gets.
std::string elsewhere(const std::shared_ptr<InUse>& of) {
  std::string message;
  std::thread([&] { message = error_of([&] { const Use use(of, "unit"); }); }).join();
  return message;
}

}  // namespace

TEST_CASE("in_use: a second thread is refused as long as the first is in a call") {
  const auto of = std::make_shared<InUse>();
  CHECK(elsewhere(of) == "(no error)");
  {
    const Use use(of, "first");
    CHECK(use.of() == of.get());
    CHECK(elsewhere(of) == "unit: another thread is in a call on this model");
    CHECK(elsewhere(std::make_shared<InUse>()) == "(no error)");
  }
  CHECK(elsewhere(of) == "(no error)");
}

TEST_CASE("in_use: being refused can be told from other errors") {
  const auto of = std::make_shared<InUse>();
  const Use use(of, "first");
  bool busy = false;
  std::thread([&] {
    try {
      const Use second(of, "second");
    } catch (const Busy&) {
      busy = true;
    }
  }).join();
  CHECK(busy);
}

TEST_CASE("in_use: calls of one thread may lie inside each other") {
  const auto of = std::make_shared<InUse>();
  const Use outer(of, "outer");
  { const Use inner(of, "inner"); }
  CHECK(elsewhere(of) == "unit: another thread is in a call on this model");
}

TEST_CASE("in_use: where there is nothing to use nobody is refused") {
  const Use use(nullptr, "first");
  CHECK(use.of() == nullptr);
  CHECK(elsewhere(nullptr) == "(no error)");
}

TEST_CASE("in_use: a thread that was refused does not count as in a call") {
  const auto of = std::make_shared<InUse>();
  {
    const Use use(of, "first");
    elsewhere(of);
  }
  CHECK(elsewhere(of) == "(no error)");
}

TEST_CASE("in_use: of threads that all come at once, one at a time is inside") {
  const auto of = std::make_shared<InUse>();
  int64_t inside = 0, together = 0, entered = 0;  // changed by who is in a call only
  std::atomic<int64_t> refused = 0;
  const int64_t tries = 20'000;
  const auto come = [&] {
    for (int64_t i = 0; i < tries; ++i) {
      try {
        const Use use(of, "unit");
        together += ++inside - 1;
        ++entered;
        --inside;
      } catch (const Error&) {
        ++refused;
      }
    }
  };
  std::thread other(come);
  come();
  other.join();
  CHECK(together == 0);
  CHECK(entered + refused == 2 * tries);
}
