#include "../../core/sink.h"

#include "../testing.h"

using namespace scangrad;

namespace {

using Values = std::vector<real>;

constexpr int64_t kLarge = 300'007;  // enough for several threads, and odd

}  // namespace

TEST_CASE("sink: put stores, adds, or does nothing") {
  Values d = {1, 2, 3};
  put(Sink{d.data(), false}, 1, 10);
  CHECK(d == Values{1, 10, 3});
  put(Sink{d.data(), true}, 1, 10);
  CHECK(d == Values{1, 20, 3});
  put(Sink{}, 1, 10);
  CHECK(d == Values{1, 20, 3});
}

TEST_CASE("sink: storing() chooses the way of writing once") {
  Values d = {1, 2, 3};
  const auto reversed = [](auto store) {
    for (int64_t i = 0; i < 3; ++i) store(2 - i, real(i));
  };
  storing(Sink{d.data(), false}, reversed);
  CHECK(d == Values{2, 1, 0});
  storing(Sink{d.data(), true}, reversed);
  CHECK(d == Values{4, 2, 0});
  bool called = false;
  storing(Sink{}, [&](auto) { called = true; });
  CHECK(!called);
}

TEST_CASE("sink: accumulate stores, adds, or does nothing, on any number of threads") {
  Values x(kLarge), first;
  for (int64_t i = 0; i < kLarge; ++i) x[size_t(i)] = real(i % 1000) / 8;
  const real* const from = x.data();
  const auto third = [=](int64_t i) { return from[i] / 3; };
  for (const int count : {1, 2, 3}) {
    const WithThreads these(count);
    Values d(kLarge + 1, NAN);
    d.back() = 7;
    accumulate(Sink{d.data(), false}, kLarge, third);  // the old numbers are stored over
    int64_t wrong = 0;
    for (int64_t i = 0; i < kLarge; ++i) wrong += d[size_t(i)] != x[size_t(i)] / 3;
    CHECK(wrong == 0);
    accumulate(Sink{d.data(), true}, kLarge, third);
    for (int64_t i = 0; i < kLarge; ++i) wrong += d[size_t(i)] != x[size_t(i)] / 3 + x[size_t(i)] / 3;
    CHECK(wrong == 0);
    CHECK(d.back() == 7);
    if (count == 1) first = d;
    CHECK(d == first);
  }
  accumulate(Sink{}, kLarge, [](int64_t) -> real { throw Error("never called"); });
}
