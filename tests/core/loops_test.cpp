#include "../../core/loops.h"

#include "../testing.h"

using namespace scangrad;

namespace {

using Values = std::vector<real>;

constexpr int64_t kLarge = 300'007;  // enough for several threads, and odd

}  // namespace

TEST_CASE("loops: elementwise visits every element once") {
  for (const int count : {1, 3}) {
    const WithThreads these(count);
    for (const int64_t n : {int64_t(0), int64_t(1), int64_t(5), int64_t(16), int64_t(33), kLarge}) {
      std::vector<int> visits(size_t(n) + 1);
      int* const v = visits.data();
      elementwise(n, [=](int64_t i) { v[i] += 1; });
      CHECK(std::count(visits.begin(), visits.end() - 1, 1) == n);
      CHECK(visits.back() == 0);
    }
  }
}

TEST_CASE("loops: rowwise visits every column of every row once") {
  for (const int count : {1, 3}) {
    const WithThreads these(count);
    for (const auto& [rows, width] : std::vector<std::pair<int64_t, int64_t>>{
             {0, 4}, {4, 0}, {1, 1}, {7, 3}, {3, 4095}, {2, 4096}, {5, 9001}, {40'001, 5}}) {
      const int64_t stride = width + 2;
      std::vector<int> visits(size_t(rows * stride) + 1);
      int* const v = visits.data();
      rowwise(rows, width, [=](int64_t row, int64_t i) { v[row * stride + i] += 1; });
      CHECK(std::count(visits.begin(), visits.end(), 1) == rows * width);
      CHECK(std::count(visits.begin(), visits.end(), 0) == 2 * rows + 1);
      if (rows > 0) CHECK(visits[size_t((rows - 1) * stride + width)] == 0);
    }
  }
}

TEST_CASE("loops: put stores, adds, or does nothing") {
  Values d = {1, 2, 3};
  put(Sink{d.data(), false}, 1, 10);
  CHECK(d == Values{1, 10, 3});
  put(Sink{d.data(), true}, 1, 10);
  CHECK(d == Values{1, 20, 3});
  put(Sink{}, 1, 10);
  CHECK(d == Values{1, 20, 3});
}

TEST_CASE("loops: storing decides once and then puts") {
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

TEST_CASE("loops: accumulate stores, adds, or does nothing, on any number of threads") {
  Values x(kLarge), first;
  for (int64_t i = 0; i < kLarge; ++i) x[size_t(i)] = real(i % 1000) / 8;
  const real* const from = x.data();
  const auto third = [=](int64_t i) { return from[i] / 3; };
  for (const int count : {1, 2, 3}) {
    const WithThreads these(count);
    Values d(kLarge + 1, NAN);
    d.back() = 7;
    accumulate(Sink{d.data(), false}, kLarge, third);  // nothing of what was there is left
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
