#include "../../nn/in_use.h"

#include <thread>

#include "../core/small_ops.h"
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
    CHECK(elsewhere(of) == "unit: another thread is in a call on this model");
    CHECK(elsewhere(std::make_shared<InUse>()) == "(no error)");
  }
  CHECK(elsewhere(of) == "(no error)");
}

TEST_CASE("in_use: the error has its own type") {
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

TEST_CASE("in_use: a null pointer allows every call") {
  const Use use(nullptr, "first");
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

TEST_CASE("in_use: of threads that enter at once, one at a time succeeds") {
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

TEST_CASE("in_use: of two threads, one may run backward() to a guarded leaf and the other is refused") {
  const auto of = std::make_shared<InUse>(), other = std::make_shared<InUse>();
  const Tensor x = leaf(vec({1, 2})), w = leaf(vec({3, 4})), free = leaf(vec({5, 6}));
  set_guard(x, of);
  set_guard(w, other);
  CHECK(guard_of(x) == of);
  CHECK(guard_of(scaled(x, 2)) == of);
  CHECK(guard_of(combine(w, x, by_gifts)) == other);
  CHECK(guard_of(free) == nullptr);
  CHECK(guard_of(vec({1})) == nullptr);
  const auto elsewhere = [](const Tensor& y) {
    std::string message;
    std::thread([&] { message = error_of([&] { backward({y}, {vec({1, 1})}); }); }).join();
    return message;
  };
  const Tensor y = squared(x), both = combine(free, scaled(w, 1), by_gifts), alone = scaled(free, 1);
  {
    const Use use(of, "here"), other_use(other, "here");
    const std::string refused = "backward: another thread is in a call on this model";
    CHECK(elsewhere(y) == refused);
    CHECK(elsewhere(both) == refused);  // the second leaf is guarded
    CHECK(elsewhere(alone) == "(no error)");
    CHECK(!has_grad(x));
    backward({scaled(x, 1)}, {vec({1, 1})});  // on the thread that uses it
  }
  CHECK(elsewhere(y) == "(no error)");
  CHECK(x.grad().values() == Values{3, 5});
  CHECK(error_of([&] { set_guard(squared(x), of); }) == "autograd: set_guard needs a leaf");
}
