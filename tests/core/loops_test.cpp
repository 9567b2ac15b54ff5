#include "../../core/loops.h"

#include "../testing.h"

using namespace scangrad;

namespace {

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
