#include "../../core/ids.h"

#include <utility>

#include "../testing.h"

using namespace scangrad;

TEST_CASE("ids: values lie in row-major order") {
  const Ids ids({2, 3}, {1, 2, 3, -4, 5, 2147483647});
  CHECK(ids.defined());
  CHECK(ids.shape() == Shape{2, 3});
  CHECK(ids.size(0) == 2);
  CHECK(ids.size(-1) == 3);
  CHECK(ids.numel() == 6);
  CHECK(std::vector<int32_t>(ids.data(), ids.data() + 6) == std::vector<int32_t>{1, 2, 3, -4, 5, 2147483647});
  CHECK(ids[3] == -4);
  CHECK(reinterpret_cast<uintptr_t>(ids.data()) % kAlignment == 0);
}

TEST_CASE("ids: default-constructed ids are undefined") {
  Ids ids;
  CHECK(!ids.defined());
  CHECK(ids.numel() == 0);
  CHECK(ids.data() == nullptr);
  CHECK(std::as_const(ids).data() == nullptr);
}

TEST_CASE("ids: an empty array is defined") {
  const Ids ids({0, 4}, {});
  CHECK(ids.defined());
  CHECK(ids.numel() == 0);
  CHECK(ids.shape() == Shape{0, 4});
}

TEST_CASE("ids: a copy shares the numbers") {
  Ids ids({2}, {1, 2});
  const Ids copy = ids;
  ids.data()[1] = 7;
  CHECK(copy[1] == 7);
}

TEST_CASE("ids: the place of an element is its index along each axis") {
  const Ids ids({2, 3, 4});
  CHECK(ids.place(0) == "[0, 0, 0]");
  CHECK(ids.place(1 * 12 + 2 * 4 + 3) == "[1, 2, 3]");
  CHECK(Ids(Shape{}).place(0) == "[]");
}

TEST_CASE("ids: memory of the caller is used without a copy, and its keeper held as long as needed") {
  int32_t memory[] = {1, 2, 3, 4};
  const auto keeper = std::make_shared<int>(0);
  {
    Ids ids = Ids::over(memory + 1, {3, 1}, keeper);
    CHECK(ids.data() == memory + 1);
    const Ids copy = ids, clone = ids.clone();
    ids = Ids();
    memory[2] = 9;
    CHECK(copy[1] == 9);
    CHECK(clone[1] == 3);
    CHECK(copy.keeper() != nullptr);
    CHECK(keeper.use_count() == 2);
  }
  CHECK(keeper.use_count() == 1);
  CHECK(Ids::over(nullptr, {0}, nullptr).defined());
}

TEST_CASE("ids: memory that cannot hold the numbers is refused") {
  int32_t memory[2] = {};
  CHECK(error_of([] { Ids::over(nullptr, {2}, nullptr); }) == "ids: memory is null, but shape [2] has 2 elements");
  int32_t* const between = reinterpret_cast<int32_t*>(reinterpret_cast<char*>(memory) + 3);
  CHECK(error_of([&] { Ids::over(between, {1}, nullptr); }) ==
        "ids: memory is 3 bytes after a multiple of 4, but a multiple is needed");
}

TEST_CASE("ids: an error names a wrong count of values") {
  CHECK(error_of([] { Ids({2, 3}, {1, 2, 3, 4, 5}); }) == "ids: values has 5 numbers, but shape [2, 3] needs 6");
}
