#include "../../core/shape.h"

#include "../testing.h"

using namespace scangrad;

TEST_CASE("shape: sizes, rank and count of elements") {
  const Shape shape{2, 5, 3};
  CHECK(shape.rank() == 3);
  CHECK(shape.numel() == 30);
  CHECK(std::vector<int64_t>(shape.begin(), shape.end()) == std::vector<int64_t>{2, 5, 3});
  CHECK(shape.str() == "[2, 5, 3]");
  const int64_t sizes[] = {7, 4, 9};
  CHECK(Shape(sizes, 2) == Shape{7, 4});
}

TEST_CASE("shape: no sizes make a scalar with one element") {
  CHECK(Shape().rank() == 0);
  CHECK(Shape().numel() == 1);
  CHECK(Shape().str() == "[]");
  CHECK(Shape() == Shape{});
  CHECK(!(Shape() == Shape{1}));
}

TEST_CASE("shape: with a size of zero there are no elements") {
  CHECK(Shape{0}.numel() == 0);
  CHECK(Shape{3, 0, 5}.numel() == 0);
  CHECK(Shape{3, 0}.str() == "[3, 0]");
}

TEST_CASE("shape: a negative axis counts from the end") {
  const Shape shape{2, 5, 3};
  for (int axis = 0; axis < 3; ++axis) CHECK(shape[axis] == shape[axis - 3]);
  CHECK(shape[0] == 2);
  CHECK(shape[-1] == 3);
}

TEST_CASE("shape: before() and after() are the products on both sides of an axis") {
  const Shape shape{2, 5, 3, 4};
  for (int axis = -4; axis < 4; ++axis) CHECK(shape.before(axis) * shape[axis] * shape.after(axis) == shape.numel());
  CHECK(shape.before(0) == 1);
  CHECK(shape.before(2) == 10);
  CHECK(shape.after(-3) == 12);
  CHECK(shape.after(3) == 1);
}

TEST_CASE("shape: with() changes one size") {
  const Shape shape{2, 5, 3};
  CHECK(shape.with(0, 7) == Shape{7, 5, 3});
  CHECK(shape.with(-1, 0) == Shape{2, 5, 0});
  CHECK(shape == Shape{2, 5, 3});
}

TEST_CASE("shape: equality needs the same rank and the same sizes") {
  CHECK(Shape{2, 3} == Shape{2, 3});
  CHECK(!(Shape{2, 3} == Shape{3, 2}));
  CHECK(!(Shape{2, 3} == Shape{2, 3, 1}));
  CHECK(!(Shape{2, 3} == Shape{2}));
}

TEST_CASE("shape: six axes fit and 2^60 elements can be counted") {
  CHECK(Shape{1, 2, 3, 4, 5, 6}.numel() == 720);
  CHECK(Shape{int64_t(1) << 30, int64_t(1) << 30}.numel() == int64_t(1) << 60);
  CHECK(Shape{0, int64_t(1) << 60, int64_t(1) << 60}.numel() == 0);
}

TEST_CASE("shape: errors name wrong ranks, sizes and axes") {
  CHECK(error_of([] { Shape{1, 1, 1, 1, 1, 1, 1}; }) == "shape: rank is 7, but at most 6 axes are supported");
  CHECK(error_of([] { Shape(nullptr, -1); }) == "shape: rank is -1, but at most 6 axes are supported");
  CHECK(error_of([] { Shape{2, -3}; }) == "shape: [2, -3] has a negative size, but sizes are at least 0");
  CHECK(error_of([] { Shape{2, 3}.with(1, -1); }) == "shape: [2, -1] has a negative size, but sizes are at least 0");
  const int64_t large = int64_t(1) << 30;
  CHECK(error_of([=] {
          Shape{large, large, 2};
        }) == "shape: [1073741824, 1073741824, 2] has too many elements, but at most 2^60 are supported");
  CHECK(error_of([] { Shape{2, 3}[2]; }) == "shape: axis is 2, but [2, 3] has 2 axes");
  CHECK(error_of([] { Shape{2, 3}[-3]; }) == "shape: axis is -3, but [2, 3] has 2 axes");
  CHECK(error_of([] { Shape()[0]; }) == "shape: axis is 0, but [] has 0 axes");
  CHECK(error_of([] { Shape{2, 3}.before(2); }) == "shape: axis is 2, but [2, 3] has 2 axes");
  CHECK(error_of([] { Shape{2, 3}.after(-3); }) == "shape: axis is -3, but [2, 3] has 2 axes");
  CHECK(error_of([] { Shape{2}.with(1, 4); }) == "shape: axis is 1, but [2] has 1 axes");
}
